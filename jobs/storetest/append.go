package storetest

import (
	"context"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

func testAppend(t *testing.T, open Open) {
	h := start(t, open, Options{})
	l := h.running()
	id := l.Job.ID
	at := time.Date(2026, 11, 21, 10, 0, 0, 123_456_789, time.FixedZone("", 3600))
	given := []jobs.Event{
		{Kind: jobs.KindProgress, At: at, Job: "another", Seq: 77, Progress: jobs.Progress{
			Phase: jobs.Assembling, Fraction: jobs.Known(0.25), Current: "a/ü",
			Bytes: jobs.Count{Done: 1, Total: jobs.Known(int64(4))}, Rate: jobs.Known(int64(9)),
			Left: jobs.Known(jobs.Span{Low: time.Second, High: 3 * time.Second}),
		}},
		{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "unreadable", Path: "a", Message: "It cannot be read.", Count: 2}},
	}
	h.append(l, given...)
	if given[0].Seq != 77 {
		t.Errorf("the caller's events were changed")
	}
	got := h.events(id)[2:]
	want := []jobs.Event{given[0], given[1]}
	want[0].Job, want[0].Seq, want[0].At = id, 3, at.UTC().Truncate(time.Millisecond)
	want[1].Job, want[1].Seq, want[1].At = id, 4, got[1].At
	same(t, "events", got, want)
	if j := h.job(id); j.Warnings != 2 || j.Progress != want[0].Progress || j.LastEvent != 4 {
		t.Errorf("job: got %+v", j)
	}

	t.Run("keeps nothing of what cannot follow", func(t *testing.T) {
		for _, kind := range []jobs.Kind{jobs.KindQueued, jobs.KindStarted, jobs.KindExpired, jobs.KindReset} {
			err := h.Append(h.ctx, l, []byte("spoiled"), progress(2), jobs.Event{Kind: kind, Reset: &jobs.Job{}})
			refuses(t, "Append", err, jobs.Running, kind)
		}
		refuses(t, "Append after the end", h.Append(h.ctx, l, []byte("spoiled"), ready, progress(3)), jobs.Ready, jobs.KindProgress)
		if got := h.job(id).LastEvent; got != 4 {
			t.Errorf("got last event %d, want 4", got)
		}
		if !unclosed(l.Lost) {
			t.Errorf("the lease is lost")
		}
		h.append(l, back)
		if again := h.claim(); again.Cursor != nil {
			t.Errorf("cursor: got %q, want none", again.Cursor)
		}
	})

	t.Run("keeps the cursor", func(t *testing.T) {
		h := start(t, open, Options{})
		l := h.running()
		for _, c := range []string{"one", "two"} {
			if err := h.Append(h.ctx, l, []byte(c)); err != nil { // without events
				t.Fatal(err)
			}
		}
		h.append(l, progress(1)) // leaves it
		h.append(l, broke)
		if _, err := h.Retry(h.ctx, l.Job.ID); err != nil {
			t.Fatal(err)
		}
		if l = h.claim(); string(l.Cursor) != "two" {
			t.Errorf("got %q, want two", l.Cursor)
		}
		same(t, "history", h.kinds(l.Job.ID), []jobs.Kind{jobs.KindQueued, jobs.KindStarted, jobs.KindProgress,
			jobs.KindFailed, jobs.KindQueued, jobs.KindStarted})
	})

	t.Run("is not done for a context that has ended", func(t *testing.T) {
		h := start(t, open, Options{})
		l := h.running()
		ctx, cancel := context.WithCancel(h.ctx)
		cancel()
		fails(t, "Append", h.Append(ctx, l, nil, ready), context.Canceled)
		if got := h.job(l.Job.ID).State; got != jobs.Running {
			t.Errorf("got a job that is %s, want running", got)
		}
	})
}

// testLost checks everything that ends a lease.
func testLost(t *testing.T, open Open) {
	for name, end := range map[string]func(h house, l store.Lease) error{
		"ready":    func(h house, l store.Lease) error { return h.Append(h.ctx, l, nil, progress(1), ready) },
		"failed":   func(h house, l store.Lease) error { return h.Append(h.ctx, l, nil, broke) },
		"requeued": func(h house, l store.Lease) error { return h.Append(h.ctx, l, nil, back) },
		"canceled by its worker": func(h house, l store.Lease) error {
			return h.Append(h.ctx, l, nil, jobs.Event{Kind: jobs.KindCanceled})
		},
		"canceled": func(h house, l store.Lease) error {
			_, err := h.Cancel(h.ctx, l.Job.ID, "")
			return err
		},
		"canceled and claimed again": func(h house, l store.Lease) error {
			h.cancel(l.Job.ID)
			if _, err := h.Retry(h.ctx, l.Job.ID); err != nil {
				return err
			}
			_, err := h.Claim(h.ctx, "other")
			return err
		},
		"deleted":   func(h house, l store.Lease) error { return h.Delete(h.ctx, l.Job.ID) },
		"recovered": func(h house, _ store.Lease) error { _, err := h.Recover(h.ctx, ""); return err },
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, open, Options{})
			l, bystander := h.running(), store.Lease{}
			if name != "recovered" {
				bystander = h.running()
			}
			if !unclosed(l.Lost) {
				t.Errorf("Lost is closed before anything happened")
			}
			if err := end(h, l); err != nil {
				t.Fatal(err)
			}
			if !closed(l.Lost) {
				t.Errorf("Lost is not closed")
			}
			before, _ := h.Job(h.ctx, l.Job.ID)
			fails(t, "Append", h.Append(h.ctx, l, []byte("x"), progress(2)), jobs.ErrLost)
			fails(t, "Append of nothing", h.Append(h.ctx, l, nil), jobs.ErrLost)
			fails(t, "Tell", h.Tell(l, halfway), jobs.ErrLost)
			each, err := h.Renew(h.ctx, []store.Lease{l})
			if err != nil || len(each) != 1 {
				t.Fatalf("Renew: got %v, error %v", each, err)
			}
			fails(t, "Renew", each[0], jobs.ErrLost)
			after, _ := h.Job(h.ctx, l.Job.ID)
			same(t, "job after it", after, before)
			if bystander.Lost != nil && !unclosed(bystander.Lost) {
				t.Errorf("the lease on another job was lost too")
			}
		})
	}
}
