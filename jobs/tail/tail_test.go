package tail_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// change is one transaction that adds events to the job J.
func change(s jobs.State, seqs ...int64) []store.Change {
	c := store.Change{Job: jobs.Job{ID: "J", State: s, LastEvent: seqs[len(seqs)-1]}}
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

func rung(bell <-chan struct{}) bool {
	select {
	case <-bell:
		return true
	default:
		return false
	}
}

func TestAFollowerGetsWhatComesAfterItsNumber(t *testing.T) {
	var tl tail.Tail
	f := tl.Follow("J")
	defer f.Close()

	n := f.After(0)
	if !n.Behind || rung(n.Bell) {
		t.Fatalf("got %+v of a job the tail knows nothing of, want behind and a silent bell", n)
	}
	tl.Commit(change(jobs.Running, 3, 4))
	if !rung(n.Bell) {
		t.Error("the bell did not ring")
	}
	if n := f.After(1); !n.Behind {
		t.Errorf("got %+v after 1, want behind: event 2 is only in the store", n)
	}
	if n := f.After(2); n.Behind || n.Last != 4 || string(n.Frames) != frames(3, 4) {
		t.Errorf("got %+v after 2, want events 3 and 4", n)
	}
	if n := f.After(3); n.Last != 4 || string(n.Frames) != frames(4) {
		t.Errorf("got %+v after 3, want event 4", n)
	}
	if n := f.After(4); n.Last != 4 || len(n.Frames) > 0 || n.Behind || rung(n.Bell) {
		t.Errorf("got %+v after 4, want nothing and a silent bell", n)
	}
}

func TestALongTailForgetsItsBeginning(t *testing.T) {
	var tl tail.Tail
	f := tl.Follow("J")
	defer f.Close()
	for n := int64(1); n <= 1000; n++ {
		tl.Commit(change(jobs.Running, n))
	}
	if n := f.After(1); !n.Behind {
		t.Error("the tail claims to hold event 2 of 1000")
	}
	n := f.After(990)
	if n.Behind || n.Last != 1000 || strings.Count(string(n.Frames), "id: ") != 10 {
		t.Errorf("got %+v, want the last ten", n)
	}
}

func TestADeletedJobIsSaidToBeGone(t *testing.T) {
	var tl tail.Tail
	f := tl.Follow("J")
	defer f.Close()
	tl.Commit(change(jobs.Running, 1))
	bell := f.After(1).Bell
	tl.Commit([]store.Change{{Job: jobs.Job{ID: "J", State: jobs.Running}, Deleted: true}})
	if n := f.After(1); !n.Deleted || !rung(bell) {
		t.Errorf("got %+v, bell %v, want deleted and rung", n, rung(bell))
	}
}

// Followers join at any moment, and whoever was not behind sees every number
// once and in order.
func TestManyFollowersMissNothing(t *testing.T) {
	const last = 5000
	var tl tail.Tail
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			f := tl.Follow("J")
			defer f.Close()
			var after int64
			for after < last {
				n := f.After(after)
				switch {
				case n.Behind: // a store would be asked: it is at least as far
					after += rand.Int64N(3)
				case len(n.Frames) == 0:
					<-n.Bell
				default:
					var want []int64
					for s := after + 1; s <= n.Last; s++ {
						want = append(want, s)
					}
					if string(n.Frames) != frames(want...) {
						t.Errorf("after %d: got %q", after, n.Frames)
						return
					}
					after = n.Last
				}
			}
		})
	}
	for n := int64(1); n <= last; n++ {
		tl.Commit(change(jobs.Running, n))
	}
	wg.Wait()
}
