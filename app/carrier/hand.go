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

// inARow is how many pieces a line is given before it is another's turn.
const inARow = 8

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
	shared [2]shared // the piece that was framed last, without and with chunks
	io     transfer
}

// shared is a piece of a log as it goes out.
type shared struct{ piece, framed []byte }

func newHand(c *Crew, heartbeat time.Duration) *hand {
	h := &hand{crew: c, heartbeat: heartbeat, began: time.Now(), bell: make(chan struct{}, 1)}
	h.io.init()
	return h
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
			h.goRound()
		case <-t.C:
			h.look()
		}
	}
}

// goRound sees to all lines that are ready.
func (h *hand) goRound() {
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
	h.spare = ready
}

// see brings a line what is new.
func (h *hand) see(l *Line, now time.Duration) {
	if l.at == 0 && !h.enter(l, now) {
		return
	}
	for range inARow {
		if l.stuck {
			return // its goroutine says when it is not
		}
		if l.over {
			h.drop(l)
			return
		}
		switch piece, state := l.f.Next(); state {
		case tail.More:
			h.say(l, h.frame(piece, l.chunked), now)
		case tail.Over:
			l.over = true
			h.say(l, appendEnd(nil, l.chunked), now)
		case tail.Behind: // it was not when it came; if it were, its client would come back
			h.drop(l)
			return
		case tail.Wait:
			return
		}
		if l.at == 0 {
			return // it has gone
		}
	}
	h.wake(l)
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

// frame frames a piece, once for all lines that are given it in a row.
func (h *hand) frame(piece []byte, chunked bool) []byte {
	s := &h.shared[0]
	if chunked {
		s = &h.shared[1]
	}
	if len(s.piece) != len(piece) || &s.piece[0] != &piece[0] {
		s.piece, s.framed = piece, appendPiece(s.framed[:0], piece, chunked)
	}
	return s.framed
}

// say writes b, which is not kept. Afterwards the line may be stuck, or gone.
func (h *hand) say(l *Line, b []byte, now time.Duration) {
	n, err := h.io.write(l.raw, b)
	switch {
	case n == len(b):
		l.spoke = now
	case err == nil || errors.Is(err, syscall.EAGAIN):
		h.help(l, bytes.Clone(b[n:]))
	default:
		h.drop(l)
	}
}

// drop ends a line that is not stuck.
func (h *hand) drop(l *Line) {
	last := h.lines[len(h.lines)-1]
	h.lines[l.at-1], last.at = last, l.at
	h.lines[len(h.lines)-1] = nil
	h.lines, l.at = h.lines[:len(h.lines)-1], 0
	h.io.drain(l.raw)
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
	n, err := h.io.read(l.raw)
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
			_, _ = h.io.write(l.raw, farewell(l)) // at once or not at all: there is no more time
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
