package tail_test

import (
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// change is one transaction that adds events to the job J.
func change(s jobs.State, seqs ...int64) []store.Change {
	c := store.Change{Job: &jobs.Job{ID: "J", State: s, LastEvent: seqs[len(seqs)-1]}}
	for _, n := range seqs {
		c.Events = append(c.Events, jobs.Event{Job: "J", Seq: n, Kind: jobs.KindProgress})
	}
	return []store.Change{c}
}

func frames(seqs ...int64) string {
	var b []byte
	for _, n := range seqs {
		b = wire.AppendEvent(b, jobs.Event{Job: "J", Seq: n, Kind: jobs.KindProgress})
	}
	return string(b)
}

func rung(bell tail.Bell) bool {
	select {
	case <-bell:
		return true
	default:
		return false
	}
}

// next wants a follower to find that.
func next(t *testing.T, f *tail.Follower, text string, state tail.State) {
	t.Helper()
	if got, s := f.Next(); string(got) != text || s != state {
		t.Errorf("got %q and %v, want %q and %v", got, s, text, state)
	}
}

func TestAFollowerGetsWhatComesAfterItsNumber(t *testing.T) {
	var tl tail.Tail
	bell := make(tail.Bell, 1)
	f := tl.Follow("J", 0, bell)
	defer f.Close()

	if base, ok := f.Reaches(0); ok || base != -1 {
		t.Errorf("got %d, %v of a job the tail knows nothing of, want -1, false", base, ok)
	}
	next(t, f, "", tail.Wait)
	if rung(bell) {
		t.Error("the bell rings before there is news")
	}
	tl.Commit(change(jobs.Running, 3, 4))
	if !rung(bell) {
		t.Error("the bell does not ring")
	}
	next(t, f, "", tail.Behind) // events 1 and 2 are only in the store
	if base, ok := f.Reaches(1); ok || base != 2 {
		t.Errorf("got %d, %v after 1, want 2, false", base, ok)
	}
	for after, want := range map[int64]string{2: frames(3, 4), 3: frames(4), 4: ""} {
		if _, ok := f.Reaches(after); !ok {
			t.Errorf("after %d: the tail claims not to reach back", after)
		}
		if want != "" {
			next(t, f, want, tail.More)
		}
		next(t, f, "", tail.Wait)
	}
	rung(bell)
	tl.Commit(change(jobs.Running, 7))
	if !rung(bell) {
		t.Error("the bell does not ring again")
	}
	next(t, f, frames(7), tail.More)
	next(t, f, "", tail.Wait)
}

// The store is told of an event before the tail is.
func TestAFollowerAheadOfTheTailGetsNothingTwice(t *testing.T) {
	var tl tail.Tail
	tl.Commit(change(jobs.Failed, 1, 2, 3)) // nobody follows and nobody works: it is forgotten
	f := tl.Follow("J", 0, make(tail.Bell, 1))
	defer f.Close()
	tl.Commit(change(jobs.Failed, 4))
	if _, ok := f.Reaches(6); !ok { // read from the store, which has the retry already
		t.Fatal("the tail claims that somebody ahead of it is behind")
	}
	next(t, f, "", tail.Wait) // and not that it is over
	tl.Commit(change(jobs.Running, 5, 6))
	next(t, f, "", tail.Wait)
	tl.Commit(change(jobs.Running, 7))
	next(t, f, frames(7), tail.More)
}

func TestTheEndIsSaidAfterTheLastEvent(t *testing.T) {
	for name, last := range map[string][]store.Change{
		"of a job that is done":    change(jobs.Ready, 2),
		"of a job that is deleted": {{Job: &jobs.Job{ID: "J", State: jobs.Running}, Deleted: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var tl tail.Tail
			bell := make(tail.Bell, 1)
			f := tl.Follow("J", 0, bell)
			defer f.Close()
			tl.Commit(change(jobs.Running, 1))
			next(t, f, frames(1), tail.More)
			next(t, f, "", tail.Wait)
			rung(bell)
			tl.Commit(last)
			if !rung(bell) {
				t.Error("the bell does not ring")
			}
			if len(last[0].Events) > 0 {
				next(t, f, frames(2), tail.More)
			}
			next(t, f, "", tail.Over)
		})
	}
}

func TestAJobIsForgottenWhenNobodyNeedsIt(t *testing.T) {
	var tl tail.Tail
	knows := func() bool {
		f := tl.Follow("J", 0, make(tail.Bell, 1))
		defer f.Close()
		base, _ := f.Reaches(9)
		return base >= 0
	}
	tl.Commit(change(jobs.Running, 1))
	if !knows() {
		t.Error("a running job is forgotten")
	}
	f := tl.Follow("J", 0, make(tail.Bell, 1))
	tl.Commit(change(jobs.Ready, 2))
	if !knows() {
		t.Error("a followed job is forgotten")
	}
	f.Close()
	if knows() {
		t.Error("a job that is done and not followed is remembered")
	}
	tl.Commit(change(jobs.Running, 3)) // tried again
	tl.Commit([]store.Change{{Job: &jobs.Job{ID: "J", State: jobs.Running}, Deleted: true}})
	if knows() {
		t.Error("a deleted job is remembered")
	}
}
