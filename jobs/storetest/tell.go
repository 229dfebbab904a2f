package storetest

import (
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

func testTell(t *testing.T, open Open) {
	t.Run("is heard of soon, and kept by then", func(t *testing.T) {
		w := newWitness(t)
		h := start(t, open, Options{Notify: w.notify})
		w.store <- h.Store
		l := h.running()
		h.tell(l, halfway)
		w.wait(h.ctx, l.Job.ID, 3)
		e := h.events(l.Job.ID)[2]
		same(t, "the event", []any{e.Seq, e.Kind, e.Progress}, []any{int64(3), jobs.KindProgress, halfway})
		if e.At != e.At.Truncate(time.Millisecond) || time.Since(e.At).Abs() > patience {
			t.Errorf("got the time %v, want that of the telling, in milliseconds", e.At)
		}
		h.folds(l.Job.ID)
	})

	t.Run("comes before what is added later", func(t *testing.T) {
		w := newWitness(t)
		h := start(t, open, Options{Notify: w.notify})
		w.store <- h.Store
		l := h.running()
		for n := range int64(50) {
			h.tell(l, progress(2*n).Progress)
			h.append(l, progress(2*n+1))
		}
		h.tell(l, progress(100).Progress)
		h.append(l, ready)
		fails(t, "Tell after the end", h.Tell(l, progress(101).Progress), jobs.ErrLost)
		h.folds(l.Job.ID)
		before := int64(-1)
		all := h.events(l.Job.ID)
		for _, e := range all[2 : len(all)-1] {
			if done := e.Progress.Bytes.Done; done <= before {
				t.Errorf("event %d: got %d after %d, want what was told later", e.Seq, done, before)
			} else {
				before = done
			}
		}
		if last := all[len(all)-1]; before != 100 || last.Kind != jobs.KindReady {
			t.Errorf("got %d and %s in the end, want the last that was told, and %s", before, last.Kind, jobs.KindReady)
		}
	})

	t.Run("is of no job that was given to another", func(t *testing.T) {
		h := start(t, open, Options{})
		l := h.running()
		h.tell(l, progress(7).Progress)
		h.append(l, back)
		again := h.claim()
		fails(t, "Tell", h.Tell(l, progress(8).Progress), jobs.ErrLost)
		h.tell(again, progress(9).Progress)
		h.append(again, ready)
		same(t, "history", h.kinds(l.Job.ID), []jobs.Kind{jobs.KindQueued, jobs.KindStarted, jobs.KindProgress, jobs.KindRequeued,
			jobs.KindStarted, jobs.KindProgress, jobs.KindReady})
	})

	t.Run("renews the lease", func(t *testing.T) {
		const lease = 300 * time.Millisecond
		h := start(t, open, Options{Lease: lease})
		l := h.running()
		beat := time.NewTicker(lease / 10)
		defer beat.Stop()
		given := make(chan store.Lease, 1)
		go func() {
			if other, err := h.Claim(h.ctx, "other"); err == nil {
				given <- other
			}
		}()
		for range 25 {
			<-beat.C
			h.tell(l, halfway)
		}
		h.append(l, ready)
		select {
		case other := <-given:
			t.Errorf("the job was given to another after event %d", other.Job.LastEvent)
		default:
		}
		h.submit("for whoever waits")
		<-given
	})
}

func (h house) tell(l store.Lease, p jobs.Progress) {
	h.t.Helper()
	if err := h.Tell(l, p); err != nil {
		h.t.Fatalf("Tell: %v", err)
	}
}
