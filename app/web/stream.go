package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.org/carryout/app/carrier"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// retryAfter is how long a client is to wait before it comes back.
const retryAfter = 2 * time.Second

// begin tells what is older than the log, and returns a follower for what
// comes then, whom w wakes; nil: nothing is to come.
type begin func(ctx context.Context, w tail.Waker, tell func(frames []byte) error) (*tail.Follower, error)

// A line leads to the client of a stream.
type line interface {
	tail.Waker

	// Tell sends some frames, and waits until they are taken.
	Tell(frames []byte) error

	// Follow sends what f finds, to its end, and closes f. It may return
	// before.
	Follow(f *tail.Follower)

	// End ends the stream properly, and Close as if it broke.
	End()
	Close()
}

// send answers with an event stream.
func (s *Site) send(w http.ResponseWriter, r *http.Request, status int, begin begin) error {
	leave, err := s.Gate.enter(r)
	if err != nil {
		s.tallies.refused.Add(1)
		return err
	}
	h := w.Header()
	h.Set("Content-Type", typeStream)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx: pass on at once
	if r.Method == http.MethodHead {
		defer leave()
		w.WriteHeader(status)
		return nil
	}
	l, err := s.line(w, r, status, leave)
	if err != nil {
		return nil // the client has gone
	}
	broken := true
	defer func() {
		if broken { // after a panic too
			l.Close()
		}
	}()
	f, err := s.greet(r.Context(), l, begin)
	if err != nil {
		if !errors.Is(err, errUntold) && r.Context().Err() == nil {
			s.Log.Warn("stream ended early", "path", r.URL.Path, "err", err)
		}
		return nil
	}
	broken = false
	if f == nil {
		l.End()
	} else {
		l.Follow(f)
	}
	return nil // the stream has begun: its follower cannot be told otherwise
}

// line is the one place that chooses how a stream goes out: by the crew, which
// serves many connections with few goroutines, where the connection can be
// taken over, and by net/http where it cannot: over TLS and HTTP/2.
func (s *Site) line(w http.ResponseWriter, r *http.Request, status int, leave func()) (line, error) {
	if !s.Plain && carrier.Takes(r) {
		l, err := s.Crew.Open(w, r, status, leave)
		if !errors.Is(err, http.ErrNotSupported) {
			return l, err
		}
	}
	return s.openPlain(w, r, status, leave), nil
}

// errUntold wraps what kept a client from being told something.
var errUntold = errors.New("the client takes nothing more")

// greet sends what a stream begins with.
func (s *Site) greet(ctx context.Context, l line, begin begin) (*tail.Follower, error) {
	tell := func(frames []byte) error {
		if err := l.Tell(frames); err != nil {
			return errors.Join(errUntold, err)
		}
		return nil
	}
	if err := tell(wire.AppendRetry(wire.AppendComment(nil, "connected"), retryAfter)); err != nil {
		return nil, err
	}
	return begin(ctx, l, tell)
}
