package web

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/jobs/wire"
)

const (
	retryAfter   = 2 * time.Second  // for a client to wait before it comes back
	retrySpread  = 4 * time.Second  // over which clients come back after a restart
	writeTimeout = 10 * time.Second // for one write to a follower
)

// produce sends what a follower is to get, piece by piece, until there is no
// more to come.
type produce func(ctx context.Context, pieces chan<- []byte) error

// send answers with an event stream. It is a group of two: from produces
// pieces, a writer writes them, and whoever ends first ends the other.
func (s *Site) send(w http.ResponseWriter, r *http.Request, status int, from produce) error {
	h := w.Header()
	h.Set("Content-Type", typeStream)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx: pass on at once
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	pieces := make(chan []byte)
	g, ctx := errgroup.WithContext(r.Context())
	ctx, stop := context.WithCancel(ctx)
	g.Go(func() error { defer close(pieces); return from(ctx, pieces) })
	g.Go(func() error { defer stop(); return s.write(ctx, w, pieces) })
	if err := g.Wait(); err != nil && r.Context().Err() == nil && !errors.Is(err, context.Canceled) {
		s.Log.Warn("stream ended early", "path", r.URL.Path, "err", err)
	}
	return nil // the stream has begun: its follower cannot be told otherwise
}

// write writes pieces as they come, and a comment whenever it has been silent.
func (s *Site) write(ctx context.Context, w http.ResponseWriter, pieces <-chan []byte) error {
	rc := http.NewResponseController(w)
	put := func(b []byte) error {
		_ = rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // not all writers can: then none is set
		if _, err := w.Write(b); err != nil {
			return err
		}
		return rc.Flush()
	}
	silence := time.NewTimer(s.Heartbeat)
	defer silence.Stop()
	next := wire.AppendRetry(wire.AppendComment(nil, "connected"), retryAfter)
	for {
		if err := put(next); err != nil {
			return err
		}
		silence.Reset(s.Heartbeat)
		select {
		case piece, more := <-pieces:
			if !more {
				return nil
			}
			next = piece
		case <-silence.C:
			next = wire.AppendComment(nil, "still here")
		case <-s.Stopping:
			return put(wire.AppendRetry(nil, retryAfter/2+rand.N(retrySpread)))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// hand gives a piece to the writer, unless it has gone.
func hand(ctx context.Context, pieces chan<- []byte, piece []byte) error {
	select {
	case pieces <- piece:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
