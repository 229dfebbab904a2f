package web

import (
	"context"
	"io"
	"net/http"
	"os"
	"time"

	"example.org/carryout/jobs/store"
)

// healthz says that the server is alive.
func (s *Site) healthz(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err := io.WriteString(w, "ok\n")
	return err
}

// readyz says whether jobs can be taken: the database answers, and the disk has
// room and can be written to.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) error {
	if s.stopping() {
		return errStopping
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if _, _, err := s.Board.List(ctx, store.Filter{Limit: 1}); err != nil {
		s.Log.Warn("not ready: the database does not answer", "err", err)
		return notReady("database", "The database does not answer.")
	}
	if err := s.hasRoom(r.Context()); err != nil {
		return err
	}
	if err := writable(s.DataDir); err != nil {
		s.Log.Warn("not ready: the disk cannot be written to", "err", err)
		return notReady("disk", "The disk cannot be written to.")
	}
	return s.healthz(w, r)
}

// errStopping answers who wants to begin something on a server that stops.
var errStopping = &refusal{Status: http.StatusServiceUnavailable, Code: "stopping", RetryAfter: 5 * time.Second,
	Detail: "The server is being restarted. Try again in a few seconds."}

func notReady(code, detail string) error {
	return &refusal{Status: http.StatusServiceUnavailable, Code: code, RetryAfter: 10 * time.Second, Detail: detail}
}

// writable tries to write a file to dir, and removes it.
func writable(dir string) error {
	if dir == "" {
		return nil
	}
	f, err := os.CreateTemp(dir, ".ready-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.WriteString("ready"); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
