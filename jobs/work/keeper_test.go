package work_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

func TestProgressIsToldAtMostTenTimesAndAtLeastEveryTwoSeconds(t *testing.T) {
	for name, c := range map[string]struct{ every, least int }{ // tens of milliseconds between two cursors, events
		"without cursors":  {0, 90},
		"with many":        {13, 60},
		"with very many":   {3, 60},
		"with one a while": {205, 85},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &oneJob{}
				serve(t, q, time.Hour, func(ctx context.Context, t work.Task) (jobs.File, error) {
					t.Meter.Assemble(jobs.Known[int64](1000), jobs.Known[int64](0), meter.Kind{Units: 1000, Cost: 0.01})
					for i := range 1000 { // 10 s of work, in which something happens every 10 ms
						time.Sleep(10 * time.Millisecond)
						t.Meter.Add(1, 0)
						t.Meter.Worked(1)
						if c.every > 0 && i%c.every == 0 {
							if err := t.Keep(ctx, []byte("cursor")); err != nil {
								return jobs.File{}, err
							}
						}
					}
					time.Sleep(10 * time.Second) // and 10 s in which nothing does
					return jobs.File{}, nil
				})
				busy, idle := 0, 0
				for i, at := range q.times[:len(q.times)-1] {
					since := at.Sub(q.times[0])
					if since < 9900*time.Millisecond {
						busy++
					} else {
						idle++
					}
					if i > 0 && at.Sub(q.times[i-1]) > 2100*time.Millisecond {
						t.Errorf("nothing was told for %v", at.Sub(q.times[i-1]))
					}
					if i >= 10 && at.Sub(q.times[i-10]) < time.Second {
						t.Errorf("eleven events in %v", at.Sub(q.times[i-10]))
					}
				}
				if busy < c.least {
					t.Errorf("got %d events in the 10 busy seconds, want about 100", busy)
				}
				if idle < 4 {
					t.Errorf("got %d events in the 10 idle seconds, want one every 2 s", idle)
				}
			})
		})
	}
}

// A forgetfulDisk is full. As in the real store, what is told fails at the next
// call.
type forgetfulDisk struct {
	*oneJob
	failed bool
}

func (q *forgetfulDisk) Tell(l store.Lease, p jobs.Progress) error {
	if q.failed = !q.failed; q.failed {
		return nil
	}
	return store.ErrFull
}

func TestADiskThatStaysFullIsComplainedOfOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		serveWith(t, &forgetfulDisk{oneJob: &oneJob{}}, time.Hour, func(_ context.Context, t work.Task) (jobs.File, error) {
			for range 600 {
				t.Meter.Add(1, 1)
				time.Sleep(100 * time.Millisecond)
			}
			return jobs.File{Name: "docs.zip"}, nil
		}, slog.New(slog.NewTextHandler(&log, nil)))
		if got := strings.Count(log.String(), "progress cannot be recorded"); got != 1 {
			t.Errorf("got %d complaints in a minute, want one:\n%s", got, log.String())
		}
	})
}
