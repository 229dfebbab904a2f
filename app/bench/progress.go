package bench

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// Progress returns how many progress events a second become durable, when so
// many running jobs tell of it, each waiting for the disk before it tells more:
// each time in a commit of its own, or in those that the store makes of what has
// gathered, with so many events handed over at a time.
func Progress(ctx context.Context, last time.Duration, running int64, alone bool, atOnce int) (rate float64, err error) {
	folder, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder) // what is left is in a temporary folder
	s, err := sqlite.Open(ctx, filepath.Join(folder, "jobs.db"), sqlite.Options{Lease: time.Hour})
	if err != nil {
		return 0, err
	}
	defer func() {
		if closed := s.Close(); err == nil {
			err = closed
		}
	}()
	leases := make([]store.Lease, running)
	err = together(running, func(who int64) (err error) {
		if _, _, err := s.Submit(ctx, jobs.Spec{Source: "docs", Format: "zip"}, store.SubmitOptions{Owner: "me"}); err != nil {
			return err
		}
		leases[who], err = s.Claim(ctx, "worker")
		return err
	})
	if err != nil {
		return 0, err
	}
	var done atomic.Int64
	var turn sync.Mutex
	began := time.Now()
	err = together(running, func(who int64) error {
		for n := int64(1); time.Since(began) < last; n++ {
			events := make([]jobs.Event, atOnce)
			for i := range events {
				events[i] = jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{
					Phase: jobs.Assembling, Bytes: jobs.Count{Done: n*int64(atOnce) + int64(i)}, Current: "reports/2026/07.pdf"}}
			}
			if alone {
				turn.Lock()
			}
			err := s.Append(ctx, leases[who], nil, events...)
			if alone {
				turn.Unlock()
			}
			if err != nil {
				return err
			}
			done.Add(int64(atOnce))
		}
		return nil
	})
	return float64(done.Load()) / time.Since(began).Seconds(), err
}
