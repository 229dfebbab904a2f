package storetest

import (
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// testForget checks that old jobs go, with all that was known of them, and that
// no other job does.
func testForget(t *testing.T, open Open) {
	told := make(map[jobs.ID]bool) // that were deleted
	h := start(t, open, Options{Notify: func(changes []store.Change) {
		for _, c := range changes {
			told[c.Job.ID] = told[c.Job.ID] || c.Deleted
		}
	}})
	forget := func(after time.Duration, want int) {
		t.Helper()
		if got, err := h.Forget(h.ctx, after); got != want || err != nil {
			t.Errorf("Forget after %v: got %d jobs, error %v, want %d", after, got, err, want)
		}
	}
	forget(0, 0)
	var gone, stay []jobs.ID
	for _, s := range []jobs.State{jobs.Failed, jobs.Canceled, jobs.Expired} {
		for range 15 { // together more than go at once
			gone = append(gone, h.made(s).ID)
		}
	}
	forget(time.Hour, 0)
	again := h.made(jobs.Failed).ID
	forget(time.Hour, 0)
	if _, err := h.Retry(h.ctx, again); err != nil {
		t.Fatal(err)
	}
	h.append(h.claim(), ready) // that one
	for _, s := range []jobs.State{jobs.Ready, jobs.Running, jobs.Queued} {
		stay = append(stay, h.made(s).ID)
	}
	stay = append(stay, again)
	forget(0, len(gone))
	forget(0, 0)
	for _, id := range gone {
		_, err := h.Job(h.ctx, id)
		fails(t, "Job of a forgotten one", err, jobs.ErrNotFound)
		_, err = h.Events(h.ctx, id, 0, 10)
		fails(t, "Events of a forgotten one", err, jobs.ErrNotFound)
	}
	for _, id := range stay {
		h.folds(id)
	}
	counts, err := h.Count(h.ctx)
	if err != nil || counts[jobs.Failed]+counts[jobs.Canceled]+counts[jobs.Expired] != 0 || counts[jobs.Ready] != 2 || counts[jobs.Running] != 1 || counts[jobs.Queued] != 1 {
		t.Errorf("Count: got %v, error %v, want those that stay", counts, err)
	}
	h.submit("once more") // whose answer comes after all before was told
	for _, id := range gone {
		if !told[id] {
			t.Errorf("nobody was told that %s is gone", id)
		}
	}
	for _, id := range stay {
		if told[id] {
			t.Errorf("somebody was told that %s is gone", id)
		}
	}
}
