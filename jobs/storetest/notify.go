package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// witness is a Notify that checks what it is told, and remembers it.
type witness struct {
	t     *testing.T
	store chan store.Store // holds the store once it is open; capacity 1
	busy  atomic.Bool

	mu      sync.Mutex // guards what stands below
	latest  map[jobs.ID]jobs.Job
	told    map[jobs.ID]*jobs.Job // latest, as it is shared with the store
	deleted map[jobs.ID]bool
	changed chan struct{} // has a value when something was told; capacity 1
}

func newWitness(t *testing.T) *witness {
	return &witness{t: t, store: make(chan store.Store, 1), changed: make(chan struct{}, 1),
		latest: make(map[jobs.ID]jobs.Job), told: make(map[jobs.ID]*jobs.Job), deleted: make(map[jobs.ID]bool)}
}

func (w *witness) notify(changes []store.Change) {
	if !w.busy.CompareAndSwap(false, true) {
		w.t.Errorf("Notify was called by two at a time")
	}
	defer w.busy.Store(false)
	s := <-w.store
	defer func() { w.store <- s }()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range changes {
		w.check(s, c)
	}
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// check checks that c follows what was told before, and that it is committed.
func (w *witness) check(s store.Store, c store.Change) {
	id := c.Job.ID
	j := w.latest[id]
	if before := w.told[id]; before != nil {
		same(w.t, "the job that was told before", *before, j) // which nobody changes
	}
	if w.deleted[id] {
		w.t.Errorf("job %s: told of a change after it was deleted", id)
	}
	for _, e := range c.Events {
		if e.Seq != j.LastEvent+1 {
			w.t.Errorf("job %s: told of event %d after %d", id, e.Seq, j.LastEvent)
		}
		var err error
		if j, err = j.Apply(e); err != nil {
			w.t.Errorf("job %s: %v", id, err)
		}
	}
	same(w.t, "the job that was told", *c.Job, j)
	w.latest[id], w.told[id], w.deleted[id] = j, c.Job, c.Deleted

	// Not the test's own context, which may end while the last are told.
	ctx := context.WithoutCancel(w.t.Context())
	kept, err := s.Job(ctx, id)
	switch {
	case errors.Is(err, jobs.ErrNotFound):
		return // deleted, by this change or by one that is told next
	case err != nil || c.Deleted || kept.LastEvent < j.LastEvent:
		w.t.Errorf("job %s: got last event %d from the store, error %v, when told of %d (deleted: %v)", id, kept.LastEvent, err, j.LastEvent, c.Deleted)
		return
	}
	for _, e := range c.Events {
		got, err := s.Events(ctx, id, e.Seq-1, 1)
		if err != nil || len(got) != 1 || got[0].Seq != e.Seq || got[0].Kind != e.Kind {
			w.t.Errorf("job %s: got %v from the store, error %v, when told of event %d", id, got, err, e.Seq)
		}
	}
}

// wait waits until it has been told of that event of the job.
func (w *witness) wait(ctx context.Context, id jobs.ID, seq int64) {
	w.t.Helper()
	for {
		w.mu.Lock()
		told := w.latest[id].LastEvent
		w.mu.Unlock()
		if told >= seq {
			return
		}
		select {
		case <-w.changed:
		case <-ctx.Done():
			w.t.Fatalf("told of event %d, want %d", told, seq)
		}
	}
}

func testNotify(t *testing.T, open Open) {
	w := newWitness(t)
	h := start(t, open, Options{Notify: w.notify})
	w.store <- h.Store
	l := h.running()
	for _, s := range slices.Backward(jobs.States()) { // queued last: whoever is, is claimed next
		h.made(s)
	}
	if err := h.Append(h.ctx, l, nil, progress(1), jobs.Event{Kind: jobs.KindReset}); err == nil {
		t.Errorf("Append of a reset: got no error")
	}
	if err := h.Append(h.ctx, l, []byte("cursor")); err != nil {
		t.Errorf("Append of a cursor: %v", err)
	}
	if err := h.Delete(h.ctx, l.Job.ID); err != nil {
		t.Errorf("Delete: %v", err)
	}
	last := h.submit("last")
	w.wait(h.ctx, last.ID, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.deleted[l.Job.ID] {
		t.Errorf("not told of a deleted job")
	}
	for _, id := range h.list(store.Filter{}, nil) {
		same(t, "the job that was told last", w.latest[id].LastEvent, h.job(id).LastEvent)
	}
}

// testTogether has everybody do everything at the same time.
func testTogether(t *testing.T, open Open) {
	w := newWitness(t)
	h := start(t, open, Options{Notify: w.notify})
	w.store <- h.Store
	const submitters, each = 6, 25
	ctx, stop := context.WithCancel(h.ctx)
	defer stop()
	var makers, takers sync.WaitGroup
	ids := make(chan jobs.ID, submitters*each) // all of them
	for s := range submitters {
		makers.Go(func() {
			for i := range each {
				j, _, err := h.Submit(h.ctx, spec(fmt.Sprint(s, "-", i)), store.SubmitOptions{Owner: fmt.Sprint(s), Key: fmt.Sprint(i)})
				if err != nil {
					t.Errorf("Submit: %v", err)
				}
				ids <- j.ID
				if i%5 == 0 {
					if _, err := h.Cancel(h.ctx, j.ID, ""); err == nil {
						h.Retry(h.ctx, j.ID) // another may have been faster
					}
				}
				if i%7 == 0 {
					if _, _, err := h.List(h.ctx, store.Filter{Limit: 5}); err != nil {
						t.Errorf("List: %v", err)
					}
				}
			}
		})
	}
	for n := range 6 {
		takers.Go(func() {
			for i := 0; ; i++ {
				l, err := h.Claim(ctx, fmt.Sprint(n))
				if err != nil {
					return
				}
				end := ready
				switch (i + n) % 9 {
				case 0:
					end = back
				case 1:
					end = broke
				}
				if err := h.Append(h.ctx, l, []byte{byte(i)}, progress(1)); err != nil && !errors.Is(err, jobs.ErrLost) {
					t.Errorf("Append: %v", err)
				}
				if err := h.Append(h.ctx, l, nil, progress(2), end); err != nil && !errors.Is(err, jobs.ErrLost) {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	makers.Wait()
	for open := true; open; {
		counts, err := h.Count(h.ctx)
		if err != nil {
			t.Fatalf("Count: %v", err)
		}
		if open = counts[jobs.Queued]+counts[jobs.Running] > 0; open {
			select {
			case <-w.changed:
			case <-h.ctx.Done():
				t.Fatalf("the queue does not become empty: %v", counts)
			}
		}
	}
	stop()
	takers.Wait()
	close(ids)
	n := int64(0)
	for id := range ids {
		h.folds(id)
		n++
	}
	counts, _ := h.Count(h.ctx)
	listed := make(map[jobs.State]int64)
	for s := range counts {
		listed[s] = int64(len(h.list(store.Filter{State: s, Limit: 7}, nil)))
		n -= listed[s]
	}
	same(t, "jobs counted", counts, listed)
	if n != 0 {
		t.Errorf("got %d jobs that are in no state", n)
	}
}
