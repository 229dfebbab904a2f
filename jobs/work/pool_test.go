package work_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

// oneJob is a queue that holds a single job and remembers what is recorded.
type oneJob struct {
	store.Queue
	lost   chan struct{}
	done   jobs.Progress // what earlier attempts have done
	refuse func(events []jobs.Event) error

	mu      sync.Mutex
	taken   bool
	events  []jobs.Event
	times   []time.Time
	renewed int // by nothing else
}

func (q *oneJob) Claim(ctx context.Context, worker string) (store.Lease, error) {
	q.mu.Lock()
	taken := q.taken
	q.taken = true
	q.mu.Unlock()
	if taken {
		<-ctx.Done()
		return store.Lease{}, ctx.Err()
	}
	return store.Lease{Job: jobs.Job{ID: "J", Attempt: 1, Progress: q.done}, Fence: 1, Lost: q.lost}, nil
}

func (q *oneJob) Append(ctx context.Context, l store.Lease, cursor []byte, events ...jobs.Event) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refuse != nil && len(events) > 0 {
		if err := q.refuse(events); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(events) == 0 {
		q.renewed++
	}
	q.events = append(q.events, events...)
	for range events {
		q.times = append(q.times, time.Now())
	}
	return nil
}

func (q *oneJob) Tell(l store.Lease, p jobs.Progress) error {
	return q.Append(context.Background(), l, nil, jobs.Event{Kind: jobs.KindProgress, Progress: p})
}

func (q *oneJob) last() jobs.Event {
	if len(q.events) == 0 {
		return jobs.Event{}
	}
	return q.events[len(q.events)-1]
}

func (q *oneJob) count(k jobs.Kind) (n int) {
	for _, e := range q.events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// serve runs a pool on q for d of the bubble's time.
func serve(t *testing.T, q store.Queue, d time.Duration, run work.Run) {
	t.Helper()
	serveWith(t, q, d, run, slog.New(slog.DiscardHandler))
}

func serveWith(t *testing.T, q store.Queue, d time.Duration, run work.Run, log *slog.Logger) {
	t.Helper()
	p := &work.Pool{Queue: q, Run: run, Size: 3, Retain: time.Hour, Log: log}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := p.Serve(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestARunEndsInOneEvent(t *testing.T) {
	made := jobs.File{Name: "docs.zip", Size: 3}
	for _, test := range []struct {
		name string
		run  work.Run
		want jobs.Kind
		code string
	}{
		{"is ready", func(_ context.Context, _ work.Task) (jobs.File, error) {
			time.Sleep(time.Minute)
			return made, nil
		}, jobs.KindReady, ""},
		{"fails with the reason it gives", func(_ context.Context, _ work.Task) (jobs.File, error) {
			return jobs.File{}, &jobs.Failure{Code: "source_gone", Message: "The folder is gone."}
		}, jobs.KindFailed, "source_gone"},
		{"fails without the details of our faults", func(_ context.Context, _ work.Task) (jobs.File, error) {
			return jobs.File{}, errors.New("open /secret/path: no such file")
		}, jobs.KindFailed, "internal"},
		{"fails alone when it panics", func(_ context.Context, _ work.Task) (jobs.File, error) {
			panic("a fault")
		}, jobs.KindFailed, "internal"},
		{"is put back when there was no room", func(_ context.Context, _ work.Task) (jobs.File, error) {
			return jobs.File{}, fmt.Errorf("syncing: %w", artifact.ErrFull)
		}, jobs.KindRequeued, ""},
		{"fails when there never will be", func(_ context.Context, _ work.Task) (jobs.File, error) {
			return jobs.File{}, errors.Join(artifact.ErrFull, &jobs.Failure{Code: "disk_full", Message: "It does not fit."})
		}, jobs.KindFailed, "disk_full"},
		{"is put back when the server stops", func(ctx context.Context, _ work.Task) (jobs.File, error) {
			<-ctx.Done()
			return jobs.File{}, ctx.Err()
		}, jobs.KindRequeued, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &oneJob{}
				serve(t, q, time.Hour, test.run)
				got := q.last()
				if got.Kind != test.want || got.Failure.Code != test.code {
					t.Errorf("got %q with the code %q, want %q with %q", got.Kind, got.Failure.Code, test.want, test.code)
				}
				if got.Kind == jobs.KindReady && (got.File != made || time.Until(got.Expires) > time.Hour || got.Expires.IsZero()) {
					t.Errorf("got %+v, want the file and an end to its time", got)
				}
			})
		})
	}
}

func TestALostJobIsLeftAtOnce(t *testing.T) {
	for after, most := range map[time.Duration]time.Duration{0: 10 * time.Millisecond, 15 * time.Millisecond: 0, time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			q := &oneJob{lost: make(chan struct{})}
			var took time.Duration
			var cause error
			serve(t, q, time.Hour, func(ctx context.Context, _ work.Task) (jobs.File, error) {
				time.Sleep(after)
				close(q.lost)
				at := time.Now()
				<-ctx.Done()
				took = time.Since(at)
				cause = context.Cause(ctx)
				return jobs.File{}, ctx.Err()
			})
			if !errors.Is(cause, jobs.ErrLost) {
				t.Errorf("after %v the run was stopped because of %v, want %v", after, cause, jobs.ErrLost)
			}
			if took > most {
				t.Errorf("lost after %v: the run was stopped %v later, want %v at most", after, took, most)
			}
			if q.last().Kind.Ends() || q.count(jobs.KindRequeued) > 0 {
				t.Errorf("got %q recorded of a job that belongs to another", q.last().Kind)
			}
		})
	}
}

func TestAFenceThatHasMovedOnStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &oneJob{refuse: func([]jobs.Event) error { return jobs.ErrLost }}
		stopped := false
		serve(t, q, time.Hour, func(ctx context.Context, _ work.Task) (jobs.File, error) {
			<-ctx.Done()
			stopped = true
			return jobs.File{}, ctx.Err()
		})
		if !stopped || len(q.events) > 0 {
			t.Errorf("stopped %v with %d events, want stopped and none", stopped, len(q.events))
		}
	})
}

func TestFinishedWorkOutlastsAQueueThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(10 * time.Minute)
		q := &oneJob{}
		q.refuse = func([]jobs.Event) error {
			if time.Now().Before(back) {
				return errors.New("the disk is full")
			}
			return nil
		}
		serve(t, q, time.Hour, func(_ context.Context, t work.Task) (jobs.File, error) {
			t.Meter.Warn(jobs.Warning{Code: "unreadable", Path: "a"})
			time.Sleep(time.Second)
			return jobs.File{Name: "docs.zip"}, nil
		})
		if got := q.last(); got.Kind != jobs.KindReady || got.File.Name != "docs.zip" {
			t.Errorf("got %+v, want ready with its file", got)
		}
		if q.renewed < 500 {
			t.Errorf("the lease was renewed %d times in 10 minutes, want once a second", q.renewed)
		}
		if got := q.count(jobs.KindWarning); got != 1 {
			t.Errorf("got %d warnings, want the one that there was", got)
		}
	})
}

func TestManyWarningsBecomeFewEventsAndLoseNoCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &oneJob{}
		serve(t, q, time.Hour, func(_ context.Context, t work.Task) (jobs.File, error) {
			for range 12345 {
				t.Meter.Warn(jobs.Warning{Code: "unreadable"})
			}
			return jobs.File{}, nil
		})
		var events, sum int64
		for _, e := range q.events {
			if e.Kind == jobs.KindWarning {
				events++
				sum += max(1, e.Warning.Count)
			}
		}
		if events != 101 || sum != 12345 {
			t.Errorf("got %d events for %d warnings, want 101 for 12345", events, sum)
		}
	})
}

func TestWhatWasDoneBeforeIsToldUntilTheWorkGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &oneJob{done: jobs.Progress{Fraction: jobs.Known(0.4), Items: jobs.Count{Done: 40, Total: jobs.Known[int64](100)}}}
		serve(t, q, time.Hour, func(_ context.Context, t work.Task) (jobs.File, error) {
			t.Meter.Plan(0, 0)
			time.Sleep(time.Second)
			t.Meter.Assemble(jobs.Known[int64](100), jobs.Known[int64](0), meter.Kind{Units: 100, Cost: 0.1})
			time.Sleep(time.Second)
			t.Meter.Worked(40)
			t.Meter.Resume(40, 0)
			for range 60 {
				time.Sleep(100 * time.Millisecond)
				t.Meter.Add(1, 0)
				t.Meter.Worked(1)
			}
			return jobs.File{}, nil
		})
		last := q.done
		for _, e := range q.events {
			p := e.Progress
			if e.Kind == jobs.KindProgress && (p.Fraction.Value < last.Fraction.Value || p.Items.Done < last.Items.Done) {
				t.Errorf("got %v and %v items after %v and %v", p.Fraction, p.Items, last.Fraction, last.Items)
			}
			last = p
		}
		if got := q.count(jobs.KindProgress); got < 40 {
			t.Errorf("got %d progress events, want them all along", got)
		}
	})
}

// twoJobs is a queue that gives out its second job only while the end of the
// first is being recorded, which takes until then.
type twoJobs struct {
	store.Queue
	claims atomic.Int32
	ending chan struct{} // closed when the end of the first job is to be recorded
	given  chan struct{} // closed when the second job has been given out
	ended  atomic.Int32
}

func (q *twoJobs) Claim(ctx context.Context, _ string) (store.Lease, error) {
	switch q.claims.Add(1) {
	case 1:
		return store.Lease{Job: jobs.Job{ID: "first"}, Fence: 1}, nil
	case 2:
		select {
		case <-q.ending:
			close(q.given)
			return store.Lease{Job: jobs.Job{ID: "second"}, Fence: 1}, nil
		case <-ctx.Done():
			return store.Lease{}, ctx.Err()
		}
	}
	<-ctx.Done()
	return store.Lease{}, ctx.Err()
}

func (q *twoJobs) Append(ctx context.Context, l store.Lease, _ []byte, _ ...jobs.Event) error {
	if l.Job.ID == "first" {
		close(q.ending)
		select {
		case <-q.given:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	q.ended.Add(1)
	return nil
}

func TestTheNextJobIsAskedForWhileTheEndOfTheLastIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &twoJobs{ending: make(chan struct{}), given: make(chan struct{})}
		p := &work.Pool{Queue: q, Size: 1, Log: slog.New(slog.DiscardHandler),
			Run: func(context.Context, work.Task) (jobs.File, error) { return jobs.File{}, nil }}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Serve(ctx); err != nil {
			t.Fatal(err)
		}
		if got := q.ended.Load(); got != 2 {
			t.Errorf("got the ends of %d jobs, want 2 within a second", got)
		}
	})
}
