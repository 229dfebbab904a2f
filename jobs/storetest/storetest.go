// Package storetest checks that a store keeps the promises of package
// [store]. Every adapter passes it:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T, o storetest.Options) store.Store { … })
//	}
//
// Each test opens a store of its own, so they run side by side. What depends
// on time is waited for where a store can be asked to wait; where only the
// passing of time itself is the matter, a test waits for about a second.
package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// Options are what a test asks of the store that it opens.
type Options struct {
	Attempts int // see store.Queue.Recover
	Limits   store.Limits
	Notify   store.Notify
	Lease    time.Duration // how long a worker may be silent; 0: so long that it does not matter
	Messages int           // how many messages to keep; 0: at least a hundred
}

// Open opens an empty store, and has t close it at its end.
type Open func(t *testing.T, o Options) store.Store

// Run checks the store that open opens.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"Submit": testSubmit, "Made": testMade, "MadeBefore": testMadeBefore, "Key": testKey, "Job": testJob, "List": testList, "Cancel": testCancel,
		"Retry": testRetry, "Delete": testDelete, "Count": testCount,
		"Claim": testClaim, "Order": testOrder, "Waiting": testWaiting, "Silence": testSilence,
		"Limits": testLimits, "Fairness": testFairness,
		"Append": testAppend, "Tell": testTell, "GoingOn": testGoingOn, "Lost": testLost, "Renew": testRenew, "Recover": testRecover,
		"Events": testEvents, "Shelf": testShelf, "Spent": testSpent, "Forget": testForget, "Press": testPress,
		"Notify": testNotify, "Together": testTogether,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// patience is how long a test waits for what must happen at once.
const patience = 30 * time.Second

// lasting is a lease that does not run out during a test.
const lasting = time.Hour

var docs = jobs.Spec{Source: "docs", Paths: []string{"a", "b/ü"}, Format: "zip", Options: map[string]string{"level": "default"}}

// spec returns a spec that no other name has.
func spec(name string) jobs.Spec { return jobs.Spec{Source: "docs", Table: name, Format: "csv"} }

// house is a store and what a test wants from it, which then must go well.
type house struct {
	store.Store
	t   *testing.T
	ctx context.Context
}

func start(t *testing.T, open Open, o Options) house {
	t.Helper()
	t.Parallel()
	if o.Lease == 0 {
		o.Lease = lasting
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return house{open(t, o), t, ctx}
}

func (h house) submit(name string) jobs.Job {
	h.t.Helper()
	j, existed, err := h.Submit(h.ctx, spec(name), store.SubmitOptions{Owner: "me"})
	if err != nil || existed {
		h.t.Fatalf("Submit: got existed %v, error %v", existed, err)
	}
	return j
}

func (h house) claim() store.Lease {
	h.t.Helper()
	l, err := h.Claim(h.ctx, "worker")
	if err != nil {
		h.t.Fatalf("Claim: %v", err)
	}
	return l
}

// running submits a job and claims it.
func (h house) running() store.Lease {
	h.t.Helper()
	j := h.submit("running")
	l := h.claim()
	if l.Job.ID != j.ID {
		h.t.Fatalf("Claim: got job %s, want %s", l.Job.ID, j.ID)
	}
	return l
}

func (h house) append(l store.Lease, events ...jobs.Event) {
	h.t.Helper()
	if err := h.Append(h.ctx, l, nil, events...); err != nil {
		h.t.Fatalf("Append: %v", err)
	}
}

// made submits a job and brings it into a state.
func (h house) made(s jobs.State) jobs.Job {
	h.t.Helper()
	if s == jobs.Queued {
		return h.submit("made")
	}
	l := h.running()
	switch s {
	case jobs.Ready, jobs.Expired:
		h.append(l, ready)
	case jobs.Failed:
		h.append(l, broke)
	case jobs.Canceled:
		h.cancel(l.Job.ID)
	}
	if s == jobs.Expired {
		if err := h.Expire(h.ctx, l.Job.ID); err != nil {
			h.t.Fatalf("Expire: %v", err)
		}
	}
	return h.job(l.Job.ID)
}

func (h house) cancel(id jobs.ID) {
	h.t.Helper()
	if _, err := h.Cancel(h.ctx, id, "not wanted"); err != nil {
		h.t.Fatalf("Cancel: %v", err)
	}
}

func (h house) job(id jobs.ID) jobs.Job {
	h.t.Helper()
	j, err := h.Job(h.ctx, id)
	if err != nil {
		h.t.Fatalf("Job: %v", err)
	}
	return j
}

func (h house) events(id jobs.ID) []jobs.Event {
	h.t.Helper()
	events, err := h.Events(h.ctx, id, 0, 1_000_000)
	if err != nil {
		h.t.Fatalf("Events: %v", err)
	}
	return events
}

// folds checks that the job is the fold of its history, and that the numbers
// of that grow from 1.
func (h house) folds(id jobs.ID) {
	h.t.Helper()
	var folded jobs.Job
	for i, e := range h.events(id) {
		if i == 0 && e.Seq != 1 {
			h.t.Errorf("first event: got number %d, want 1", e.Seq)
		}
		if e.Job != id || e.At.IsZero() {
			h.t.Errorf("event %d: got job %q, time %v", e.Seq, e.Job, e.At)
		}
		var err error
		if folded, err = folded.Apply(e); err != nil { // an error, too, if numbers do not grow
			h.t.Errorf("event %d: %v", e.Seq, err)
		}
	}
	want := h.job(id)
	want.Place, folded.Place = 0, 0 // counted anew
	same(h.t, "the fold of the history", folded, want)
}

// kinds returns the kinds of a job's events.
func (h house) kinds(id jobs.ID) (kinds []jobs.Kind) {
	h.t.Helper()
	for _, e := range h.events(id) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

var (
	ready = jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "docs.zip", Size: 3, Type: "application/zip", SHA256: "abc"}}
	broke = jobs.Event{Kind: jobs.KindFailed, Failure: jobs.Failure{Code: "source_gone", Message: "The source is gone."}}
	back  = jobs.Event{Kind: jobs.KindRequeued, Reason: "the server is stopping"}
)

// progress is an event that says that n bytes are done.
func progress(n int64) jobs.Event {
	return jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Phase: jobs.Assembling, Bytes: jobs.Count{Done: n}}}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func fails(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

// refuses checks that err is the StateError of that state and kind.
func refuses(t *testing.T, what string, err error, state jobs.State, kind jobs.Kind) {
	t.Helper()
	var got *jobs.StateError
	if !errors.As(err, &got) || got.State != state || got.Kind != kind {
		t.Errorf("%s: got error %v, want %v", what, err, &jobs.StateError{State: state, Kind: kind})
	}
}

// closed reports whether lost is closed at once.
func closed(lost <-chan struct{}) bool {
	select {
	case <-lost:
		return true
	case <-time.After(patience):
		return false
	}
}

// unclosed reports whether lost is not closed.
func unclosed(lost <-chan struct{}) bool {
	select {
	case <-lost:
		return false
	default:
		return true
	}
}
