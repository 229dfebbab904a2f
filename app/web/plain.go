package web

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"example.org/carryout/app/carrier"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// plain is a line over whatever connection net/http has: the handler's own
// goroutine writes, and net/http watches the peer.
//
// All that it waits for rings its one bell: news, silence, the stop, and a client
// that leaves. To wait for each by a channel of its own would cost a good part
// of what there is to do for an event.
type plain struct {
	tail.Bell
	site  *Site
	r     *http.Request
	w     http.ResponseWriter
	rc    *http.ResponseController
	leave func()

	until time.Time // the deadline of what is written; zero: there is none
	spoke time.Time // when something was written last

	since   atomic.Int64 // when the write that is under way began, in Unix nanoseconds; 0: there is none
	lags    atomic.Bool  // the follower lags too far
	stopped atomic.Bool  // the server stops
	left    atomic.Bool  // the client has gone
	silent  atomic.Bool  // nothing was written since a timer began, perhaps
}

// stuckAfter is how long a write takes to one who does not read, at least.
const stuckAfter = 200 * time.Millisecond

func (s *Site) openPlain(w http.ResponseWriter, r *http.Request, status int, leave func()) *plain {
	w.WriteHeader(status)
	return &plain{Bell: make(tail.Bell, 1), site: s, r: r, w: w, rc: http.NewResponseController(w), leave: leave}
}

var errLags = errors.New("the client lags too far")

// Tell implements [line]. Nobody knows what comes then, and when, so it leaves no
// deadline behind.
func (p *plain) Tell(frames []byte) error {
	defer p.unhurry()
	return p.write(frames)
}

func (p *plain) write(frames []byte) error {
	now := time.Now()
	p.hurry(now)
	if p.lags.Load() {
		p.site.Crew.NoteCut()
		return errLags
	}
	p.spoke = now
	p.since.Store(now.UnixNano())
	defer p.since.Store(0)
	_, err := p.w.Write(frames)
	if err == nil {
		err = p.rc.Flush()
	}
	if err != nil && (p.lags.Load() || !time.Now().Before(p.until)) {
		p.site.Crew.NoteCut()
	}
	return err
}

// hurry leaves what is written now the crew's Patience, or an eighth less: a
// deadline costs more than the rest of what is done for a small write here, so
// one serves for a while.
func (p *plain) hurry(now time.Time) {
	patience := p.site.Crew.Patience
	if p.until.Sub(now) < patience-patience/8 {
		p.until = now.Add(patience)
		_ = p.rc.SetWriteDeadline(p.until) // not all writers can: then none is set
	}
}

// unhurry takes the deadline back. One that passes in silence does harm: over
// HTTP/2 it would end the stream, and over TLS the answer to a client that wants
// new keys.
func (p *plain) unhurry() {
	if !p.until.IsZero() {
		p.until = time.Time{}
		_ = p.rc.SetWriteDeadline(p.until)
	}
}

// calm is how long after a write its deadline is taken back, unless there has been
// another: long before it passes.
func (p *plain) calm() time.Duration { return p.site.Crew.Patience / 2 }

// Follow implements [line]. It returns when the stream has ended.
func (p *plain) Follow(f *tail.Follower) {
	defer f.Close()
	if p.follow(f) {
		p.End()
	} else {
		p.Close()
	}
}

// Stuck implements [carrier.Watched].
func (p *plain) Stuck() bool {
	since := p.since.Load()
	return since > 0 && time.Since(time.Unix(0, since)) > stuckAfter
}

// Cut implements [carrier.Watched].
func (p *plain) Cut() {
	p.lags.Store(true)
	_ = p.rc.SetWriteDeadline(time.Unix(1, 0)) // what waits now fails
}

// Stop implements [carrier.Watched].
func (p *plain) Stop() {
	p.ring(&p.stopped)
}

// follow reports whether the stream ended as it should.
func (p *plain) follow(f *tail.Follower) (whole bool) {
	defer p.site.Crew.Watch(f, p)()
	defer context.AfterFunc(p.r.Context(), func() { p.ring(&p.left) })()
	silence := time.AfterFunc(min(p.calm(), p.site.Heartbeat), func() { p.ring(&p.silent) })
	defer silence.Stop()
	for {
		piece, state := f.Next()
		switch state {
		case tail.More:
			if p.write(piece) != nil {
				return false
			}
			continue
		case tail.Over:
			return true
		case tail.Behind: // it was not when it came; if it were, its client would come back
			return false
		}
		<-p.Bell
		switch {
		case p.left.Load():
			return false
		case p.stopped.Load():
			return p.write(carrier.Goodbye()) == nil
		case p.silent.Load(): // or it was not, since the timer began
			p.silent.Store(false)
			next, err := p.rest()
			if err != nil {
				return false
			}
			silence.Reset(next)
		}
	}
}

// rest does what is to be done while nothing is told, and returns in how long
// there is more.
func (p *plain) rest() (next time.Duration, err error) {
	silence := time.Since(p.spoke)
	if silence >= p.site.Heartbeat {
		if err := p.write(wire.AppendComment(nil, "still here")); err != nil {
			return 0, err
		}
		silence = 0
	}
	if silence < p.calm() {
		return min(p.calm(), p.site.Heartbeat) - silence, nil
	}
	p.unhurry()
	return min(p.calm(), p.site.Heartbeat-silence), nil // what is told at once after this has a deadline again
}

// ring says by a flag why the bell rings.
func (p *plain) ring(why *atomic.Bool) {
	why.Store(true)
	p.Wake()
}

// End implements [line]: the stream ends when the handler returns.
func (p *plain) End() {
	p.hurry(time.Now()) // what net/http adds
	p.leave()
}

// Close implements [line].
func (p *plain) Close() {
	p.leave()
	panic(http.ErrAbortHandler) // the end that net/http adds would say that the stream is whole
}
