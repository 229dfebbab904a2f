package storetest

import (
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

const (
	thisKey  = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
	otherKey = "1f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
)

func testMade(t *testing.T, open Open) {
	h := start(t, open, Options{})
	file := jobs.File{Name: "docs.zip", Size: 3, Type: "application/zip", SHA256: "ab", Key: thisKey}
	var ready []jobs.ID
	for range 3 {
		h.submit("a")
		l := h.claim()
		h.append(l, jobs.Event{Kind: jobs.KindReady, File: file})
		ready = append(ready, l.Job.ID)
	}
	h.submit("b")
	h.append(h.claim(), jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "none"}})
	h.submit("c")
	h.append(h.claim(), jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "other", Key: otherKey}})

	h.madeOf(thisKey, 5, ready[2], ready[1], ready[0])
	h.madeOf(thisKey, 1, ready[2])
	h.madeOf("", 5)
	h.madeOf("unknown", 5)
	same(t, "the file as it is kept", h.job(ready[0]).File, file)

	if err := h.Expire(h.ctx, ready[2]); err != nil {
		t.Fatal(err)
	}
	if err := h.Delete(h.ctx, ready[1]); err != nil {
		t.Fatal(err)
	}
	h.madeOf(thisKey, 5, ready[0])
}

func (h house) madeOf(key string, n int, want ...jobs.ID) {
	h.t.Helper()
	all, err := h.Made(h.ctx, key, n)
	if err != nil {
		h.t.Fatal(err)
	}
	var got []jobs.ID
	for _, j := range all {
		got = append(got, j.ID)
	}
	same(h.t, "jobs with the key "+key, got, want)
}

// A job whose file is there already is ready when it is submitted, and no
// worker gets it.
func testMadeBefore(t *testing.T, open Open) {
	told := make(chan store.Change, 10)
	h := start(t, open, Options{Notify: func(changes []store.Change) {
		for _, c := range changes {
			told <- c
		}
	}})
	made := &store.Made{
		ID:       "AAAAAAAAAAAAAAAAAAAAAAAAAA",
		File:     jobs.File{Name: "docs.zip", Size: 3, Type: "application/zip", SHA256: "ab", Key: thisKey},
		Expires:  time.UnixMilli(4102444800000).UTC(),
		Progress: jobs.Progress{Phase: jobs.Sealing, Items: jobs.Count{Done: 7}},
	}
	o := store.SubmitOptions{Owner: "me", Key: "k", Made: made}
	j, existed, err := h.Submit(h.ctx, docs, o)
	if err != nil || existed {
		t.Fatalf("got existed %v, error %v", existed, err)
	}
	want := jobs.Job{ID: made.ID, Owner: "me", Spec: docs, State: jobs.Ready, LastEvent: 3, Attempt: 1,
		Created: j.Created, Started: j.Created, Finished: j.Created, Expires: made.Expires, File: made.File, Progress: made.Progress}
	same(t, "job", j, want)
	same(t, "job as it is kept", h.job(j.ID), want)
	c := <-told
	same(t, "what was told", *c.Job, want)
	same(t, "events that were told", len(c.Events), 3)
	var kinds []jobs.Kind
	for _, e := range h.events(j.ID) {
		kinds = append(kinds, e.Kind)
	}
	same(t, "history", kinds, []jobs.Kind{jobs.KindQueued, jobs.KindStarted, jobs.KindReady})
	h.madeOf(thisKey, 1, j.ID)
	if counts, err := h.Count(h.ctx); err != nil || counts[jobs.Ready] != 1 || counts[jobs.Queued] != 0 {
		t.Errorf("got %v, %v, want one job that is ready", counts, err)
	}

	o.Made = &store.Made{ID: "BBBBBBBBBBBBBBBBBBBBBBBBBB", File: made.File}
	again, existed, err := h.Submit(h.ctx, docs, o)
	if err != nil || !existed || again.ID != j.ID {
		t.Errorf("the same idempotency key again: got %s, existed %v, %v, want the first job", again.ID, existed, err)
	}
	later := h.submit("later")
	if l := h.claim(); l.Job.ID != later.ID {
		t.Errorf("got the job %s to work on, want the one that is not ready", l.Job.ID)
	}
}
