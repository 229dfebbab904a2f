package export_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/room"
	"example.org/carryout/jobs/work"
)

// shared lets the files of an exporter take up max bytes, and looks until the test
// ends.
func shared(t *testing.T, e *export.Exporter, max int64) *room.Watch {
	t.Helper()
	w := &room.Watch{Artifacts: t.TempDir(), Database: t.TempDir(), Log: slog.New(slog.DiscardHandler), Max: max}
	w.Used = func() (u room.Usage, err error) {
		u.Finished, u.Unfinished, err = e.Artifacts.Used(context.WithoutCancel(t.Context()))
		return u, err
	}
	ctx, stop := context.WithCancel(t.Context())
	var looks sync.WaitGroup
	looks.Go(func() {
		if err := w.Serve(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); looks.Wait() })
	e.Room, e.SaveBytes = w, mib/4
	return w
}

// Each of two files has 3 MiB, and is held up once both have 2 MiB and a little more.
func TestTwoExportsThatFillTheirShareTogetherBothGetReady(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	e, _ := exporter(t, large())
	w := shared(t, e, 4*mib)
	var both sync.WaitGroup
	both.Add(2)
	look := sync.OnceFunc(w.Check)
	asked := time.Now()
	attempt := func(id jobs.ID, at time.Time) (work.Task, <-chan attempted) {
		tk := task(tarOfDocs)
		tk.Job.ID, tk.Job.Created = id, at
		kept := 0
		tk.Keep = func(context.Context, []byte) error {
			if kept++; kept == 2 {
				both.Done()
				both.Wait()
				look()
			}
			return nil
		}
		return tk, begin(ctx, e, tk)
	}
	young, youngEnd := attempt("BBBBBBBBBBBBBBBBBBBBBBBBBB", asked.Add(time.Second))
	old, oldEnd := attempt("AAAAAAAAAAAAAAAAAAAAAAAAAA", asked)
	for name, end := range map[string]<-chan attempted{"old": oldEnd, "young": youngEnd} {
		if got := <-end; got.err != nil {
			t.Errorf("the %s one: got %v, want it to be ready", name, got.err)
		}
	}
	if got := old.Meter.Warnings(); len(got) != 0 {
		t.Errorf("got the warnings %v of the oldest, want it to go on", got)
	}
	if got := young.Meter.Warnings(); len(got) != 1 || got[0].Code != jobs.PausedSpaceFull {
		t.Errorf("got the warnings %v of the other, want one that it waits", got)
	}
}

// Nobody need be held up by one that only waits for the file of another.
func TestWhoWaitsForTheFileOfAnotherLeavesItsTurn(t *testing.T) {
	e, _ := exporter(t, large())
	w := shared(t, e, mib/2) // which the first cursor is beyond
	e.Made = func(context.Context, string, int) ([]jobs.Job, error) { return nil, nil }
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	asked := time.Now()
	rests, met := make(chan struct{}), false

	follower := task(tarOfDocs)
	follower.Job.ID, follower.Job.Created = "AAAAAAAAAAAAAAAAAAAAAAAAAA", asked
	follower.Rest = func() { close(rests) }
	leader := task(tarOfDocs)
	leader.Job.ID, leader.Job.Created = "BBBBBBBBBBBBBBBBBBBBBBBBBB", asked.Add(time.Second)
	var followerEnd <-chan attempted
	leader.Keep = func(context.Context, []byte) error {
		if !met {
			met = true
			followerEnd = begin(ctx, e, follower)
			<-rests
			w.Check()
		}
		return nil
	}
	if got := <-begin(ctx, e, leader); got.err != nil {
		t.Fatalf("got %v, want the file", got.err)
	}
	if got := <-followerEnd; got.err != nil {
		t.Errorf("got %v, want the same file", got.err)
	}
}
