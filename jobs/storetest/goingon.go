package storetest

import (
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// halfway is progress of a job that is being worked on, and halfwayDone what
// of it is still true when the work has stopped.
var (
	halfway = jobs.Progress{
		Phase: jobs.Assembling, Fraction: jobs.Known(0.5), Current: "a/b", Rate: jobs.Known(int64(7)),
		Bytes: jobs.Count{Done: 50, Total: jobs.Known(int64(100))}, Items: jobs.Count{Done: 3, Total: jobs.Known(int64(9))},
		Left: jobs.Known(jobs.Span{Low: time.Second, High: 2 * time.Second}),
	}
	halfwayDone = jobs.Progress{Fraction: halfway.Fraction, Bytes: halfway.Bytes, Items: halfway.Items}
)

// testGoingOn checks that an attempt is given the cursor of the one before,
// and says how much is done, whatever has come between the two.
func testGoingOn(t *testing.T, open Open) {
	interruptions := map[string]func(h house, l store.Lease){
		"requeued":           func(h house, l store.Lease) { h.append(l, back) },
		"failed and retried": func(h house, l store.Lease) { h.append(l, broke); h.retry(l.Job.ID) },
		"canceled and retried": func(h house, l store.Lease) {
			h.cancel(l.Job.ID)
			h.retry(l.Job.ID)
		},
		"canceled while it waited, and retried": func(h house, l store.Lease) {
			h.append(l, back)
			h.cancel(l.Job.ID)
			h.retry(l.Job.ID)
		},
		"recovered": func(h house, _ store.Lease) {
			if _, err := h.Recover(h.ctx, "restart"); err != nil {
				h.t.Fatal(err)
			}
		},
	}
	for name, interrupt := range interruptions {
		t.Run("a job that was "+name, func(t *testing.T) {
			h := start(t, open, Options{})
			l := h.running()
			if err := h.Append(h.ctx, l, []byte("half"), jobs.Event{Kind: jobs.KindProgress, Progress: halfway}); err != nil {
				t.Fatal(err)
			}
			h.append(l, progress(70)) // is lost work
			interrupt(h, l)
			for range 2 { // the second time nothing has been done in between
				l = h.claim()
				if string(l.Cursor) != "half" {
					t.Errorf("got the cursor %q, want half", l.Cursor)
				}
				same(t, "progress of the job", l.Job.Progress, halfwayDone)
				all := h.events(l.Job.ID)
				last := all[len(all)-1]
				same(t, "the last event", []any{last.Kind, last.Progress}, []any{jobs.KindStarted, halfwayDone})
				h.folds(l.Job.ID)
				h.append(l, back)
			}
		})
	}

	t.Run("a cursor without events keeps the progress that there was", func(t *testing.T) {
		h := start(t, open, Options{})
		l := h.running()
		h.append(l, jobs.Event{Kind: jobs.KindProgress, Progress: halfway})
		if err := h.Append(h.ctx, l, []byte("half")); err != nil {
			t.Fatal(err)
		}
		h.append(l, back)
		same(t, "progress of the job", h.claim().Job.Progress, halfwayDone)
	})

	t.Run("a job without a cursor begins with nothing done", func(t *testing.T) {
		h := start(t, open, Options{})
		l := h.running()
		h.append(l, jobs.Event{Kind: jobs.KindProgress, Progress: halfway}, back)
		same(t, "progress of the job", h.claim().Job.Progress, jobs.Progress{})
	})
}

func (h house) retry(id jobs.ID) {
	h.t.Helper()
	if _, err := h.Retry(h.ctx, id); err != nil {
		h.t.Fatalf("Retry: %v", err)
	}
}
