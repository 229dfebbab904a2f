package web

import (
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
type plain struct {
	tail.Bell
	site  *Site
	r     *http.Request
	w     http.ResponseWriter
	rc    *http.ResponseController
	leave func()
	since atomic.Int64 // when the write that is under way began, in Unix nanoseconds; 0: there is none
	cut   atomic.Bool  // the follower lags too far
}

// stuckAfter is how long a write takes to one who does not read, at least.
const stuckAfter = 200 * time.Millisecond

func (s *Site) openPlain(w http.ResponseWriter, r *http.Request, status int, leave func()) *plain {
	w.WriteHeader(status)
	return &plain{Bell: make(tail.Bell, 1), site: s, r: r, w: w, rc: http.NewResponseController(w), leave: leave}
}

var errLags = errors.New("the client lags too far")

// Tell implements [line]. The deadline is of this write alone: over HTTP/2 one
// that passes in silence would end the stream too.
func (p *plain) Tell(frames []byte) error {
	_ = p.rc.SetWriteDeadline(time.Now().Add(p.site.Crew.Patience)) // not all writers can: then none is set
	if p.cut.Load() {
		p.site.Crew.NoteCut()
		return errLags
	}
	began := time.Now()
	p.since.Store(began.UnixNano())
	defer p.since.Store(0)
	_, err := p.w.Write(frames)
	if err == nil {
		err = p.rc.Flush()
	}
	if err != nil {
		if p.cut.Load() || time.Since(began) >= p.site.Crew.Patience {
			p.site.Crew.NoteCut()
		}
		return err
	}
	_ = p.rc.SetWriteDeadline(time.Time{})
	return nil
}

// Follow implements [line]. It returns when the stream has ended.
func (p *plain) Follow(f *tail.Follower) {
	defer f.Close()
	unwatch := p.site.Crew.Watch(f, p.stuck, func() {
		p.cut.Store(true)
		_ = p.rc.SetWriteDeadline(time.Unix(1, 0)) // what waits now fails
	})
	whole := p.follow(f)
	unwatch()
	if whole {
		p.End()
	} else {
		p.Close()
	}
}

func (p *plain) stuck() bool {
	since := p.since.Load()
	return since > 0 && time.Since(time.Unix(0, since)) > stuckAfter
}

// follow reports whether the stream ended as it should.
func (p *plain) follow(f *tail.Follower) (whole bool) {
	silence := time.NewTimer(p.site.Heartbeat)
	defer silence.Stop()
	for {
		piece, state := f.Next()
		switch state {
		case tail.More:
			if p.Tell(piece) != nil {
				return false
			}
			silence.Reset(p.site.Heartbeat)
			continue
		case tail.Over:
			return true
		case tail.Behind: // it was not when it came; if it were, its client would come back
			return false
		}
		select {
		case <-p.Bell:
		case <-silence.C:
			if p.Tell(wire.AppendComment(nil, "still here")) != nil {
				return false
			}
			silence.Reset(p.site.Heartbeat)
		case <-p.site.Stopping:
			return p.Tell(carrier.Goodbye()) == nil
		case <-p.r.Context().Done():
			return false
		}
	}
}

// End implements [line]: the stream ends when the handler returns.
func (p *plain) End() { p.leave() }

// Close implements [line].
func (p *plain) Close() {
	p.leave()
	panic(http.ErrAbortHandler) // the end that net/http adds would say that the stream is whole
}
