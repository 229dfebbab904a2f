package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

func TestALeaseRunsByElapsedTime(t *testing.T) {
	for name, jump := range map[string]time.Duration{"an hour forward": time.Hour, "an hour back": -time.Hour} {
		t.Run("with the clock set "+name, func(t *testing.T) {
			var off atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(off.Load())).Round(0) } // of the wall only
			s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{Now: now, Lease: 400 * time.Millisecond})
			l := running(t, s)
			off.Store(int64(jump))

			short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if other, err := s.Claim(short, "other"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got a second lease on %s, error %v", other.Job.ID, err)
			}
			if each, err := s.Renew(t.Context(), []store.Lease{l}); err != nil || each[0] != nil {
				t.Errorf("Renew: got %v, error %v", each, err)
			}
			if err := s.Append(t.Context(), l, nil, jobs.Event{Kind: jobs.KindProgress}); err != nil {
				t.Errorf("Append: %v", err)
			}
			// From here on the worker is silent.
			enough, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			silent := time.Now()
			again, err := s.Claim(enough, "other")
			if err != nil || again.Job.ID != l.Job.ID || again.Job.Attempt != 2 {
				t.Errorf("got job %s, attempt %d, error %v, want that of the silent worker", again.Job.ID, again.Job.Attempt, err)
			}
			if waited := time.Since(silent); waited < 300*time.Millisecond {
				t.Errorf("the lease ran out after %v, want 400ms", waited)
			}
			if err := s.Append(t.Context(), l, nil, ready); !errors.Is(err, jobs.ErrLost) {
				t.Errorf("Append with the old lease: got error %v, want %v", err, jobs.ErrLost)
			}
		})
	}
}

// TestALeaseIsRenewedWhileNothingCanBeWritten has another program hold the
// database for longer than a lease runs.
func TestALeaseIsRenewedWhileNothingCanBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path, sqlite.Options{Lease: 200 * time.Millisecond})
	if err := s.WriterExec(`PRAGMA busy_timeout = 20`); err != nil {
		t.Fatal(err)
	}
	l := running(t, s)
	release := hold(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
	defer cancel()
	beat := time.NewTicker(20 * time.Millisecond)
	defer beat.Stop()
	for ctx.Err() == nil {
		if each, err := s.Renew(t.Context(), []store.Lease{l}); err != nil || each[0] != nil {
			t.Fatalf("Renew: got %v, error %v", each, err)
		}
		<-beat.C
	}
	if err := s.Append(t.Context(), l, nil, jobs.Event{Kind: jobs.KindProgress}); !errors.Is(err, store.ErrBusy) {
		t.Errorf("Append: got error %v, want %v", err, store.ErrBusy)
	}
	release()
	if err := s.Append(t.Context(), l, nil, ready); err != nil {
		t.Errorf("Append afterwards: %v", err)
	}
	if j, err := s.Job(t.Context(), l.Job.ID); err != nil || j.LastEvent != 3 || j.State != jobs.Ready {
		t.Errorf("got %s after event %d, error %v, want ready after 3", j.State, j.LastEvent, err)
	}
}
