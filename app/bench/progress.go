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

// Producers is how many jobs report their progress at the same time.
const Producers = 100

// Progress returns how many progress events a second become durable: each in a
// commit of its own, or in those that the store makes of what has gathered,
// with so many events handed over at a time.
func Progress(ctx context.Context, last time.Duration, alone bool, atOnce int) (rate float64, err error) {
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
	leases := make([]store.Lease, Producers)
	for i := range leases {
		if _, _, err := s.Submit(ctx, jobs.Spec{Source: "docs", Format: "zip"}, store.SubmitOptions{Owner: "me"}); err != nil {
			return 0, err
		}
		if leases[i], err = s.Claim(ctx, "worker"); err != nil {
			return 0, err
		}
	}
	var done atomic.Int64
	var turn sync.Mutex
	began := time.Now()
	err = together(Producers, func(who int64) error {
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
