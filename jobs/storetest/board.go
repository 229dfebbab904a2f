package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

func testSubmit(t *testing.T, open Open) {
	h := start(t, open, Options{})
	before := time.Now().Add(-time.Second)
	j, existed, err := h.Submit(h.ctx, docs, store.SubmitOptions{Owner: "me"})
	if err != nil || existed {
		t.Fatalf("got existed %v, error %v", existed, err)
	}
	if !j.ID.Valid() {
		t.Errorf("id: got %q, which is not one", j.ID)
	}
	if j.Created.Before(before) || j.Created.After(time.Now().Add(time.Second)) || j.Created.Location() != time.UTC ||
		!j.Created.Equal(j.Created.Truncate(time.Millisecond)) {
		t.Errorf("created: got %v, want the time, in UTC and milliseconds", j.Created)
	}
	want := jobs.Job{ID: j.ID, Owner: "me", Spec: docs, State: jobs.Queued, LastEvent: 1, Place: 1, Created: j.Created}
	same(t, "job", j, want)
	same(t, "job as it is kept", h.job(j.ID), want)
	same(t, "history", h.events(j.ID), []jobs.Event{
		{Job: j.ID, Seq: 1, At: j.Created, Kind: jobs.KindQueued, Owner: "me", Spec: docs, Place: 1},
	})
}

func testKey(t *testing.T, open Open) {
	h := start(t, open, Options{})
	mine := store.SubmitOptions{Owner: "me", Key: "k"}
	first, _, err := h.Submit(h.ctx, docs, mine)
	if err != nil {
		t.Fatal(err)
	}
	again, existed, err := h.Submit(h.ctx, docs, mine)
	if err != nil || !existed {
		t.Errorf("the same key again: got existed %v, error %v", existed, err)
	}
	same(t, "the same key again", again, first)

	_, _, err = h.Submit(h.ctx, spec("other"), mine)
	fails(t, "the same key with another spec", err, jobs.ErrKeyReused)

	other, existed, err := h.Submit(h.ctx, docs, store.SubmitOptions{Owner: "you", Key: "k"})
	if err != nil || existed || other.ID == first.ID {
		t.Errorf("the key of another owner: got existed %v, error %v", existed, err)
	}
	if found, err := h.Find(h.ctx, "me", "k"); err != nil || found.ID != first.ID {
		t.Errorf("Find: got job %s, error %v, want %s", found.ID, err, first.ID)
	}
	_, err = h.Find(h.ctx, "me", "another")
	fails(t, "Find of a key that was not used", err, jobs.ErrNotFound)
	if a, b := h.submit("a"), h.submit("a"); a.ID == b.ID {
		t.Errorf("without a key: got one job, want two")
	}

	h.claim()
	h.cancel(first.ID)
	again, existed, err = h.Submit(h.ctx, docs, mine)
	if err != nil || !existed || again.ID != first.ID || again.State != jobs.Canceled {
		t.Errorf("the key of a canceled job: got %s, existed %v, error %v", again.State, existed, err)
	}

	t.Run("of fifty at the same time one makes a job", func(t *testing.T) {
		h := start(t, open, Options{})
		var all sync.WaitGroup
		ids := make([]jobs.ID, 50)
		made := make([]bool, len(ids))
		for i := range ids {
			all.Go(func() {
				j, existed, err := h.Submit(h.ctx, docs, mine)
				if err != nil {
					t.Errorf("Submit: %v", err)
				}
				ids[i], made[i] = j.ID, !existed
			})
		}
		all.Wait()
		n := 0
		for i, id := range ids {
			if id != ids[0] {
				t.Errorf("got jobs %s and %s, want one", ids[0], id)
			}
			if made[i] {
				n++
			}
		}
		if n != 1 {
			t.Errorf("got %d that made a job, want 1", n)
		}
	})
}

func testJob(t *testing.T, open Open) {
	h := start(t, open, Options{})
	_, err := h.Job(h.ctx, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	fails(t, "an unknown id", err, jobs.ErrNotFound)
	_, err = h.Job(h.ctx, "../a\x00")
	fails(t, "what is no id", err, jobs.ErrNotFound)

	first, second, third := h.submit("1"), h.submit("2"), h.submit("3")
	for i, j := range []jobs.Job{first, second, third} {
		if j.Place != i+1 {
			t.Errorf("place when submitted: got %d, want %d", j.Place, i+1)
		}
	}
	h.cancel(second.ID)
	if got := h.job(third.ID).Place; got != 2 {
		t.Errorf("place when one before it is canceled: got %d, want 2", got)
	}
	h.claim()
	if got := h.job(third.ID).Place; got != 1 {
		t.Errorf("place when the one before it has started: got %d, want 1", got)
	}
	if got := h.job(first.ID).Place; got != 0 {
		t.Errorf("place of a running job: got %d, want 0", got)
	}
	page, _, err := h.List(h.ctx, store.Filter{})
	if err != nil || len(page) != 3 || page[0].Place != 1 {
		t.Errorf("place in a list: got %+v, error %v, want 1", page, err)
	}
}

func testList(t *testing.T, open Open) {
	h := start(t, open, Options{})
	page, next, err := h.List(h.ctx, store.Filter{})
	if len(page) != 0 || next != "" || err != nil {
		t.Errorf("of no jobs: got %d, cursor %q, error %v", len(page), next, err)
	}
	var want []jobs.ID // newest first
	for i := range 10 {
		want = append([]jobs.ID{h.submit(fmt.Sprint(i)).ID}, want...)
	}
	same(t, "all", h.list(store.Filter{}, nil), want)
	for _, limit := range []int{1, 3, 5, 10, 11, 500} {
		same(t, fmt.Sprintf("in pages of %d", limit), h.list(store.Filter{Limit: limit}, nil), want)
	}
	added := 0
	same(t, "while jobs are added", h.list(store.Filter{Limit: 3}, func() {
		h.submit("added")
		added++
	}), want)
	if added < 3 {
		t.Errorf("got %d pages of 3 for 10 jobs", added)
	}
	gone := want[3]
	page, next, _ = h.List(h.ctx, store.Filter{Limit: 4 + added})
	if page[len(page)-1].ID != gone {
		t.Fatalf("got a page that ends in %s, want %s", page[len(page)-1].ID, gone)
	}
	if err := h.Delete(h.ctx, gone); err != nil {
		t.Fatal(err)
	}
	page, _, err = h.List(h.ctx, store.Filter{Limit: 1, After: next})
	if err != nil || len(page) != 1 || page[0].ID != want[4] {
		t.Errorf("after a job that is gone: got %v, error %v, want %s", page, err, want[4])
	}

	h.cancel(want[8])
	if _, _, err := h.Submit(h.ctx, docs, store.SubmitOptions{Owner: "you"}); err != nil {
		t.Fatal(err)
	}
	same(t, "canceled ones", h.list(store.Filter{State: jobs.Canceled}, nil), []jobs.ID{want[8]})
	if got := h.list(store.Filter{Owner: "you", Limit: 1}, nil); len(got) != 1 {
		t.Errorf("of an owner: got %d, want 1", len(got))
	}
	if got := h.list(store.Filter{Owner: "you", State: jobs.Canceled}, nil); len(got) != 0 {
		t.Errorf("canceled ones of an owner: got %d, want none", len(got))
	}
	for _, after := range []string{"x", "!", "AAAA", "AQAAAAAAAAAA", string(want[0]), next + "A"} {
		_, _, err := h.List(h.ctx, store.Filter{After: after})
		fails(t, fmt.Sprintf("the cursor %q", after), err, store.ErrCursor)
	}
}

// list follows the cursors to the end, and calls between after each page.
func (h house) list(f store.Filter, between func()) (ids []jobs.ID) {
	h.t.Helper()
	for {
		page, next, err := h.List(h.ctx, f)
		if err != nil {
			h.t.Fatalf("List: %v", err)
		}
		for _, j := range page {
			ids = append(ids, j.ID)
		}
		if f.Limit > 0 && len(page) > f.Limit {
			h.t.Errorf("got a page of %d, want at most %d", len(page), f.Limit)
		}
		if next == "" {
			return ids
		}
		if between != nil {
			between()
		}
		f.After = next
	}
}

func testCancel(t *testing.T, open Open) {
	h := start(t, open, Options{})
	_, err := h.Cancel(h.ctx, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "")
	fails(t, "an unknown id", err, jobs.ErrNotFound)
	for _, s := range jobs.States() {
		id := h.made(s).ID
		j, err := h.Cancel(h.ctx, id, "not wanted")
		if s.Done() {
			refuses(t, "a job that is "+string(s), err, s, jobs.KindCanceled)
		} else if err != nil || j.State != jobs.Canceled || j.Reason != "not wanted" || j.Finished.IsZero() {
			t.Errorf("a job that is %s: got %+v, error %v", s, j, err)
		}
		h.folds(id)
	}
	h.idle()
}

// idle checks that there is no job to claim.
func (h house) idle() {
	h.t.Helper()
	mark := h.submit("mark")
	if got := h.claim().Job.ID; got != mark.ID {
		h.t.Errorf("Claim: got job %s, want none but %s", got, mark.ID)
	}
}

func testRetry(t *testing.T, open Open) {
	h := start(t, open, Options{})
	_, err := h.Retry(h.ctx, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	fails(t, "an unknown id", err, jobs.ErrNotFound)
	for _, s := range jobs.States() {
		h.t.Run(string(s), func(t *testing.T) {
			h := start(t, open, Options{})
			was := h.made(s)
			j, err := h.Retry(h.ctx, was.ID)
			if s != jobs.Failed && s != jobs.Canceled {
				refuses(t, "Retry", err, s, jobs.KindQueued)
				return
			}
			if err != nil || j.State != jobs.Queued || j.Place != 1 || !j.Finished.IsZero() || j.Failure != (jobs.Failure{}) {
				t.Errorf("got %+v, error %v", j, err)
			}
			same(t, "the rest of it", []any{j.Owner, j.Spec, j.Created}, []any{was.Owner, was.Spec, was.Created})
			if l := h.claim(); l.Job.ID != was.ID || l.Job.Attempt != 2 || l.Fence < 2 {
				t.Errorf("Claim: got %s, attempt %d, fence %d", l.Job.ID, l.Job.Attempt, l.Fence)
			}
			h.folds(was.ID)
		})
	}
}

func testDelete(t *testing.T, open Open) {
	h := start(t, open, Options{})
	fails(t, "an unknown id", h.Delete(h.ctx, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), jobs.ErrNotFound)
	for _, s := range jobs.States() {
		id := h.made(s).ID
		if err := h.Delete(h.ctx, id); err != nil {
			t.Errorf("a job that is %s: %v", s, err)
		}
		_, err := h.Job(h.ctx, id)
		fails(t, "Job", err, jobs.ErrNotFound)
		_, err = h.Events(h.ctx, id, 0, 10)
		fails(t, "Events", err, jobs.ErrNotFound)
		fails(t, "Delete", h.Delete(h.ctx, id), jobs.ErrNotFound)
	}
	h.idle()
	if got := h.list(store.Filter{}, nil); len(got) != 1 {
		t.Errorf("List: got %d jobs, want 1", len(got))
	}
	mine := store.SubmitOptions{Owner: "me", Key: "k"}
	first, _, _ := h.Submit(h.ctx, docs, mine)
	if err := h.Delete(h.ctx, first.ID); err != nil {
		t.Fatal(err)
	}
	second, existed, err := h.Submit(h.ctx, docs, mine)
	if err != nil || existed || second.ID == first.ID {
		t.Errorf("its key: got existed %v, error %v", existed, err)
	}
}

func testCount(t *testing.T, open Open) {
	h := start(t, open, Options{})
	want := make(map[jobs.State]int64)
	check := func(when string) {
		t.Helper()
		got, err := h.Count(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		mine, err := h.CountOf(h.ctx, "me") // who has all of them
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range jobs.States() {
			if got[s] != want[s] || mine[s] != want[s] {
				t.Errorf("%s: got %d %s, and %d of their owner, want %d", when, got[s], s, mine[s], want[s])
			}
		}
		if others, err := h.CountOf(h.ctx, "you"); len(others) != 0 || err != nil {
			t.Errorf("%s, of another owner: got %v, error %v, want none", when, others, err)
		}
	}
	check("at first")
	// Queued ones last: what is queued is claimed by those that come after.
	for _, s := range []jobs.State{jobs.Running, jobs.Ready, jobs.Failed, jobs.Canceled, jobs.Expired, jobs.Queued} {
		h.made(s)
		h.made(s)
		want[s] += 2
		check("with two more " + string(s))
	}
	if _, err := h.Recover(h.ctx, "restart"); err != nil {
		t.Fatal(err)
	}
	want[jobs.Queued], want[jobs.Running] = 4, 0
	check("after Recover")
	for range 4 {
		l := h.claim()
		if err := h.Delete(h.ctx, l.Job.ID); err != nil {
			t.Fatal(err)
		}
	}
	want[jobs.Queued] = 0
	check("after Delete")
}
