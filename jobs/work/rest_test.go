package work_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

// endless is a queue that never runs out of jobs, and counts those that have
// ended.
type endless struct {
	store.Queue
	mu     sync.Mutex
	events []jobs.Event
}

func (q *endless) Claim(ctx context.Context, _ string) (store.Lease, error) {
	return store.Lease{Job: jobs.Job{ID: "J", Attempt: 1}, Fence: 1}, ctx.Err()
}

func (q *endless) Append(_ context.Context, _ store.Lease, _ []byte, events ...jobs.Event) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range events {
		if e.Kind != jobs.KindProgress {
			q.events = append(q.events, e)
		}
	}
	return nil
}

func (q *endless) Tell(store.Lease, jobs.Progress) error { return nil }

func TestARunThatRestsGivesItsWorkerBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &endless{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var mu sync.Mutex
		working, resting, most := 0, 0, 0
		run := func(ctx context.Context, k work.Task) (jobs.File, error) {
			mu.Lock()
			working++
			most = max(most, working)
			rests := resting < 50
			if rests {
				working, resting = working-1, resting+1
			}
			mu.Unlock()
			if rests {
				k.Rest()
				k.Rest() // twice is once
			}
			select {
			case <-time.After(10 * time.Second):
			case <-k.Stopping:
				return jobs.File{}, work.ErrStopped
			}
			if !rests {
				mu.Lock()
				working--
				mu.Unlock()
			}
			return jobs.File{}, nil
		}
		p := &work.Pool{Queue: q, Run: run, Size: 2, Log: slog.New(slog.DiscardHandler)}
		if err := p.Serve(ctx); err != nil {
			t.Fatal(err)
		}
		if resting != 50 || most != 2 {
			t.Errorf("got %d runs that rest, and %d that work at a time, want 50 and 2", resting, most)
		}
		ready := 0
		for _, e := range q.events {
			if e.Kind == jobs.KindReady {
				ready++
			}
		}
		if ready < 50+2*4 {
			t.Errorf("got %d jobs ready, want those that rested and more", ready)
		}
	})
}

func TestAJobThatHasWaitedInVainGoesBackToItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &oneJob{}
		serve(t, q, time.Second, func(context.Context, work.Task) (jobs.File, error) { return jobs.File{}, work.ErrAgain })
		if last := q.last(); last.Kind != jobs.KindRequeued || !last.Forgiven || last.Reason == "" {
			t.Errorf("got %+v, want it put back, with a reason and without counting the attempt", last)
		}
	})
}
