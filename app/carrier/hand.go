package carrier

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"syscall"
	"time"

	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// The time that a hand rests between two rounds.
const (
	leastRest = time.Millisecond
	mostRest  = 20 * time.Millisecond
)

// A hand serves lines, one after the other, and never waits for one.
type hand struct {
	crew      *Crew
	heartbeat time.Duration
	began     time.Time

	mu      sync.Mutex
	ready   []*Line       // that have news, or are new
	back    []*Line       // that were stuck
	stopped bool          // nobody looks at them any more
	bell    chan struct{} // capacity 1: there are some

	helpers sync.WaitGroup // goroutines that write to stuck lines

	// The rest is of the goroutine of serve alone.
	lines  []*Line
	spare  []*Line // the memory of the next ready
	looks  int
	bundle bundle // for the line that is seen to
	load   load   // for all that were seen to
	io     transfer
}

func newHand(c *Crew, heartbeat time.Duration) *hand {
	return &hand{crew: c, heartbeat: heartbeat, began: time.Now(), bell: make(chan struct{}, 1)}
}

// join takes a line over, unless the hand has stopped.
func (h *hand) join(l *Line) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return false
	}
	h.ready = append(h.ready, l)
	h.ring()
	return true
}

// wake takes notice that there is something to do about a line.
func (h *hand) wake(l *Line) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ready = append(h.ready, l); len(h.ready) == 1 {
		h.ring()
	}
}

// ring has the hand go round. It does not wait.
func (h *hand) ring() {
	select {
	case h.bell <- struct{}{}:
	default:
	}
}

// serve serves lines until ctx is done, and then ends them.
func (h *hand) serve(ctx context.Context) {
	t := time.NewTicker(min(often, max(h.heartbeat/4, time.Millisecond)))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			h.stop()
			return
		case <-h.bell:
			h.rest(ctx, h.goRound())
		case <-t.C:
			h.look()
		}
	}
}

// goRound sees to all lines that are ready, and returns how long that took.
func (h *hand) goRound() time.Duration {
	h.mu.Lock()
	ready, back := h.ready, h.back
	h.ready, h.back, h.spare = h.spare[:0], nil, nil
	h.mu.Unlock()
	now := time.Since(h.began)
	for _, l := range back {
		h.unstick(l, now)
	}
	for i, l := range ready {
		ready[i] = nil
		h.see(l, now)
	}
	h.deliver(now)
	h.spare = ready
	return time.Since(h.began) - now
}

// rest waits after a round that took long, for as long again. In a burst there
// is always something new by the end of a round, and half as many rounds bring
// the same in larger pieces. News that comes later than that waits for nothing.
func (h *hand) rest(ctx context.Context, round time.Duration) {
	if round < leastRest {
		return
	}
	t := time.NewTimer(min(round, mostRest))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// see adds what is new for a line to the load.
func (h *hand) see(l *Line, now time.Duration) {
	if l.loaded {
		h.deliver(now) // what comes next depends on what it takes of that
	}
	switch {
	case l.at == 0 && !h.enter(l, now):
		return
	case l.stuck:
		return // its goroutine says when it is not
	case l.over:
		h.drop(l)
		return
	}
	state := h.bundle.gather(l.f)
	defer h.bundle.forget()
	if state == tail.Behind { // it was not when it came; if it were, its client would come back
		h.drop(l)
		return
	}
	if state == tail.Wait && len(h.bundle.pieces) == 0 {
		return
	}
	l.loaded = true
	if h.load.add(l, &h.bundle, state); h.load.full() {
		h.deliver(now)
	}
}

// deliver sends the load.
func (h *hand) deliver(now time.Duration) {
	if len(h.load.parcels) == 0 {
		return
	}
	sendAll(h.load.sends, h.load.text)
	for i, p := range h.load.parcels {
		p.line.loaded = false
		n, err := h.load.sends[i].outcome()
		h.delivered(p, n, err, now)
	}
	h.load.empty()
}

// delivered goes on with a line that has taken so many bytes of its parcel. What
// it did not take is left for later, but for the rest of the piece that was begun.
func (h *hand) delivered(p parcel, n int, err error, now time.Duration) {
	l := p.line
	whole, ok := h.wrote(l, n, h.load.size(p), err, now)
	switch {
	case !ok: // it has gone
	case !whole:
		i, rest := h.load.rest(p, n)
		if place, ok := h.load.place(p, i); ok {
			l.f.Return(place)
		} else {
			l.over = true
		}
		h.help(l, bytes.Clone(rest))
	case p.state == tail.Over:
		h.drop(l)
	case p.state == tail.More:
		h.wake(l) // when it has been the others' turn
	}
}

// enter takes in a line that is new, and reports whether it is.
func (h *hand) enter(l *Line, now time.Duration) bool {
	if l.spoke != 0 {
		return false // it was dropped: somebody woke it meanwhile
	}
	h.lines = append(h.lines, l)
	l.at, l.spoke = len(h.lines), now
	return true
}

// say writes b, which is not kept. Afterwards the line may be stuck, or gone.
func (h *hand) say(l *Line, b []byte, now time.Duration) {
	if n, ok := h.write(l, b, now); ok && n < len(b) {
		h.help(l, bytes.Clone(b[n:]))
	}
}

// write writes what the line takes of b. If that fails the line is gone.
func (h *hand) write(l *Line, b []byte, now time.Duration) (n int, ok bool) {
	n, err := h.io.write(l.fd, b)
	_, ok = h.wrote(l, n, len(b), err, now)
	return n, ok
}

// wrote takes notice that a line has taken n of size bytes, and reports whether
// that is all. If it has failed the line is gone.
func (h *hand) wrote(l *Line, n, size int, err error, now time.Duration) (whole, ok bool) {
	if err != nil && !errors.Is(err, syscall.EAGAIN) {
		h.drop(l)
		return false, false
	}
	if n == size {
		l.spoke = now
	}
	return n == size, true
}

// drop ends a line that is not stuck.
func (h *hand) drop(l *Line) {
	last := h.lines[len(h.lines)-1]
	h.lines[l.at-1], last.at = last, l.at
	h.lines[len(h.lines)-1] = nil
	h.lines, l.at = h.lines[:len(h.lines)-1], 0
	h.io.drain(l.fd)
	l.Close()
}

// look sees to what time brings: it breaks silence, finds who has gone, and
// cuts who lags.
func (h *hand) look() {
	now := time.Since(h.began)
	h.looks++
	for i := len(h.lines) - 1; i >= 0; i-- { // backwards, because a line may be dropped
		l := h.lines[i]
		switch {
		case l.stuck:
			if l.f.Lag() > h.crew.MaxLag {
				l.conn.SetWriteDeadline(past)
			}
		case i%listenEvery == h.looks%listenEvery && h.gone(l):
			h.drop(l)
		case now-l.spoke >= h.heartbeat:
			h.say(l, appendPiece(nil, wire.AppendComment(nil, "still here"), l.chunked), now)
		}
	}
}

// gone reports whether the peer has closed its end. What it sends is of no
// interest.
func (h *hand) gone(l *Line) bool {
	n, err := h.io.read(l.fd)
	return n == 0 && !errors.Is(err, syscall.EAGAIN)
}

// stop tells everybody when to come back, and ends all lines. Who is stuck is
// told if that ends in time.
func (h *hand) stop() {
	h.mu.Lock()
	h.stopped = true
	ready, back := h.ready, h.back
	h.mu.Unlock()
	now := time.Since(h.began)
	for _, l := range ready {
		if l.at == 0 {
			h.enter(l, now)
		}
	}
	for _, l := range back {
		l.stuck = false
	}
	var late []*Line
	for _, l := range slices.Clone(h.lines) {
		if l.stuck {
			late = append(late, l)
		} else if !l.failed && !l.over {
			h.say(l, farewell(l), now)
		}
		if l.stuck {
			l.conn.SetWriteDeadline(time.Now().Add(lastWords))
		}
	}
	h.helpers.Wait()
	for _, l := range late {
		if !l.failed && !l.over {
			_, _ = h.io.write(l.fd, farewell(l)) // at once or not at all: there is no more time
		}
	}
	for len(h.lines) > 0 {
		h.drop(h.lines[len(h.lines)-1])
	}
}

// farewell says when to come back, and ends the stream.
func farewell(l *Line) []byte {
	return appendEnd(appendPiece(nil, Goodbye(), l.chunked), l.chunked)
}
