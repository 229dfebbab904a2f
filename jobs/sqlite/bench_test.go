package sqlite_test

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

var (
	docs  = jobs.Spec{Source: "docs", Paths: []string{"reports/2026"}, Format: "zip"}
	ready = jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "docs.zip", Size: 3, Type: "application/zip", SHA256: "abc"}}
)

// BenchmarkSubmitToFinished takes jobs from the request to their last event:
// 8 workers, and 32 people who each wait for the answer before they ask again.
func BenchmarkSubmitToFinished(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlite.Options{})
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	var all sync.WaitGroup
	var asked, finished atomic.Int64
	b.ResetTimer()
	for range 8 {
		all.Go(func() {
			for {
				l, err := s.Claim(ctx, "worker")
				if err != nil {
					return
				}
				if err := s.Append(b.Context(), l, nil, ready); err != nil {
					b.Error(err)
				}
				if finished.Add(1) == int64(b.N) {
					stop()
				}
			}
		})
	}
	for range 32 {
		all.Go(func() {
			for asked.Add(1) <= int64(b.N) {
				if _, _, err := s.Submit(b.Context(), docs, store.SubmitOptions{Owner: "me"}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}

// BenchmarkProgress has 100 jobs add to their history, each waiting for the
// disk.
func BenchmarkProgress(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlite.Options{})
	var all sync.WaitGroup
	var asked atomic.Int64
	leases := make([]store.Lease, 100)
	for i := range leases {
		if _, _, err := s.Submit(b.Context(), docs, store.SubmitOptions{}); err != nil {
			b.Fatal(err)
		}
		var err error
		if leases[i], err = s.Claim(b.Context(), "worker"); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for _, l := range leases {
		all.Go(func() {
			for n := asked.Add(1); n <= int64(b.N); n = asked.Add(1) {
				e := jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Phase: jobs.Assembling, Bytes: jobs.Count{Done: n}}}
				if err := s.Append(b.Context(), l, nil, e); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkStart is the time from a request to its start by an idle worker.
func BenchmarkStart(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlite.Options{})
	started := make(chan store.Lease)
	next := make(chan struct{}, 1) // one claim is always waiting
	go func() {
		defer close(started)
		for range next {
			l, err := s.Claim(b.Context(), "worker")
			if err != nil {
				b.Error(err)
				return
			}
			started <- l
		}
	}()
	for b.Loop() {
		next <- struct{}{}
		if _, _, err := s.Submit(b.Context(), docs, store.SubmitOptions{}); err != nil {
			b.Fatal(err)
		}
		<-started
	}
	close(next)
}
