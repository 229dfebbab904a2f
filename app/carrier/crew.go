// Package carrier brings what is new on many logs to many connections with a
// few goroutines.
//
// A [Crew] takes a connection over from net/http ([Crew.Open]) once it is clear
// what is to be sent. What costs time or may block, such as what is older than
// the log, the handler sends by itself ([Line.Tell]); then it gives the [Line]
// away ([Line.Follow]) and is done. From there on an idle follower is a few
// hundred bytes: no goroutine, no buffer. Each hand of the crew goes through its
// lines that have news, and writes all that is pending on one at once, without
// ever waiting: bytes that all followers share, framed for HTTP once for those
// at the same place. It makes up a load for all of them first and hands that over
// as a whole, because what is done between two sends adds up. Then it rests for as
// long as that took, 20 ms at most, so that a burst goes out in few large pieces.
//
// A line that does not take its bytes gets a goroutine for as long as that
// lasts, Patience at most, and is cut when it lags by more than MaxLag; its
// follower comes back with the id of the last event, and nobody else notices.
// A peer that has gone is found within five seconds, because each line is
// listened to that often.
//
// The end of a stream is told apart from a broken one by the last chunk (RFC
// 9112, section 7.1, https://www.rfc-editor.org/rfc/rfc9112#section-7.1).
// HTTP/1.0, which nginx speaks to what is behind it, has no chunks, so there the
// end of the connection is the end.
package carrier

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

const (
	retryLeast  = time.Second            // before a client comes back after a stop
	retrySpread = 4 * time.Second        // over which they come back, so that it is not all at once
	sendBuffer  = 128 << 10              // bytes that the kernel holds of what was sent
	often       = time.Second            // between two looks at all lines
	listenEvery = 5                      // looks, of which one listens to a line
	lastWords   = 300 * time.Millisecond // for who is stuck when the crew stops
)

// A Crew serves lines. Make it with [New].
type Crew struct {
	Patience time.Duration // for one piece to be taken
	MaxLag   int64         // bytes that a follower may be behind

	hands []*hand
	cut   atomic.Int64 // lines of those who took nothing

	mu       sync.Mutex
	next     int                        // hand that gets the next line
	opening  map[*Line]struct{}         // lines that their handlers still hold
	opened   sync.WaitGroup             // of opening
	watched  map[*tail.Follower]Watched // followers that others write to
	stopping bool                       // those were told of it
	stopped  bool
	end      time.Time // for whoever writes after the stop
}

// New makes a crew that shows after so much silence that a stream lives, with a
// patience of 10 s and 1 MiB. Other bounds are set before the first line.
func New(heartbeat time.Duration) *Crew {
	c := &Crew{Patience: 10 * time.Second, MaxLag: 1 << 20, opening: make(map[*Line]struct{}), watched: make(map[*tail.Follower]Watched)}
	for range runtime.GOMAXPROCS(0) {
		c.hands = append(c.hands, newHand(c, heartbeat))
	}
	return c
}

// Serve serves lines until ctx is done. Then it tells everybody when to come
// back, ends the lines properly, and returns when all have ended.
func (c *Crew) Serve(ctx context.Context) error {
	var g errgroup.Group
	for _, h := range c.hands {
		g.Go(func() error { h.serve(ctx); return nil })
	}
	g.Go(func() error { c.watch(ctx); return nil })
	err := g.Wait()
	c.stop()
	c.opened.Wait()
	return err
}

// stop leaves little time to the handlers that have a line.
func (c *Crew) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	c.end = time.Now().Add(lastWords)
	for l := range c.opening {
		if l.conn != nil {
			_ = l.conn.SetDeadline(c.end) // of a closed connection: then there is no need
		}
	}
}

// admit makes l a line of the crew, unless it has stopped.
func (c *Crew) admit(l *Line) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return false
	}
	l.hand = c.hands[c.next]
	c.next = (c.next + 1) % len(c.hands)
	c.opening[l] = struct{}{}
	c.opened.Add(1)
	return true
}

// connect gives a line its connection.
func (c *Crew) connect(l *Line, s socket) {
	c.mu.Lock()
	l.conn = s
	c.mu.Unlock()
	c.allow(l)
}

// allow leaves Patience for what a line's handler writes, unless the crew has
// stopped.
func (c *Crew) allow(l *Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := time.Now().Add(c.Patience)
	if c.stopped {
		end = c.end
	}
	_ = l.conn.SetWriteDeadline(end) // of a closed connection: then the write fails
}

// release takes notice that the handler of a line has given it away, or closed
// it.
func (c *Crew) release(l *Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, has := c.opening[l]; has {
		delete(c.opening, l)
		c.opened.Done()
	}
}

// Goodbye is what a follower is told when the server stops.
func Goodbye() []byte { return wire.AppendRetry(nil, retryLeast+rand.N(retrySpread)) }

// past is a deadline that cuts.
var past = time.Unix(1, 0)

// Cut returns how many lines were cut so far because their peers took nothing.
func (c *Crew) Cut() int64 { return c.cut.Load() }

// NoteCut has Cut count one that was cut by whoever writes to it.
func (c *Crew) NoteCut() { c.cut.Add(1) }

// A Watched is the line of a follower to which a goroutine of its own writes. Its
// methods are called by another one, and do not wait.
type Watched interface {
	Stuck() bool // reports whether it waits for its peer
	Cut()        // ends that wait
	Stop()       // says that the crew stops
}

// Watch cuts w when f lags too far and is stuck, and stops it with the crew, until
// unwatch is called, and never after.
func (c *Crew) Watch(f *tail.Follower, w Watched) (unwatch func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watched[f] = w
	if c.stopping {
		w.Stop()
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watched, f)
	}
}

func (c *Crew) watch(ctx context.Context) {
	t := time.NewTicker(often)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			c.stopWatched()
			return
		case <-t.C:
			c.cutWhoLags()
		}
	}
}

func (c *Crew) cutWhoLags() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for f, w := range c.watched {
		if f.Lag() > c.MaxLag && w.Stuck() {
			w.Cut()
		}
	}
}

func (c *Crew) stopWatched() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
	for _, w := range c.watched {
		w.Stop()
	}
}
