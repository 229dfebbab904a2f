package lend_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"example.org/carryout/jobs/lend"
)

func TestWhatIsLentIsNotTakenAway(t *testing.T) {
	var d lend.Desk
	first, ok := d.Lend("a")
	second, again := d.Lend("a")
	if !ok || !again {
		t.Fatal("it cannot be lent twice")
	}
	for _, back := range []func(){first, second} {
		if _, ok := d.Withdraw("a"); ok {
			t.Error("got it withdrawn while it was lent")
		}
		back()
	}
	done, ok := d.Withdraw("a")
	if !ok {
		t.Fatal("it cannot be withdrawn, and everybody has gone")
	}
	if _, ok := d.Lend("a"); ok {
		t.Error("got what is being taken away")
	}
	if _, ok := d.Withdraw("a"); ok {
		t.Error("it was withdrawn twice")
	}
	if back, ok := d.Lend("b"); !ok {
		t.Error("another cannot be lent")
	} else {
		back()
	}
	done()
	if _, ok := d.Lend("a"); !ok {
		t.Error("it cannot be lent, and it is still there")
	}
}

func TestManyAtATime(t *testing.T) {
	var d lend.Desk
	var lent, away atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 2000 {
				if back, ok := d.Lend("a"); ok {
					lent.Add(1)
					if away.Load() > 0 {
						t.Error("lent while it was taken away")
					}
					lent.Add(-1)
					back()
				}
				if done, ok := d.Withdraw("a"); ok {
					away.Add(1)
					if lent.Load() > 0 {
						t.Error("taken away while it was lent")
					}
					away.Add(-1)
					done()
				}
			}
		})
	}
	all.Wait()
}
