package room

import (
	"time"

	"example.org/carryout/jobs"
)

// tooLong is for how long a disk is full before jobs no longer count on others
// to make room.
const tooLong = time.Minute

// A solo is one job that goes on alone, because together they would not.
type solo struct {
	who   Attempt             // zero: nobody, so everybody may go on
	yield map[jobs.ID]Attempt // that have been asked to give back what they have written
	last  time.Time           // when one was asked
}

// relieve asks one job more to give back what it has written, if the disk has
// been full for too long. It is called with mu held.
func (w *Watch) relieve() {
	if !w.full || len(w.crowd.line) < 2 {
		return
	}
	if now := time.Now(); now.Sub(w.began) < tooLong || now.Sub(w.solo.last) < tooLong {
		return
	}
	if w.solo.who == (Attempt{}) {
		w.solo.who = w.crowd.line[0]
		w.solo.yield = make(map[jobs.ID]Attempt)
	}
	for i := len(w.crowd.line) - 1; i >= 0; i-- {
		a := w.crowd.line[i]
		if _, asked := w.solo.yield[a.Job]; asked || a == w.solo.who {
			continue
		}
		w.solo.yield[a.Job], w.solo.last = a, time.Now()
		w.Log.Warn("a disk has been full for too long: an export gives back what it has written, so that an older one can go on",
			"job", a.Job, "older", w.solo.who.Job)
		w.tell()
		return
	}
}

// alone returns what an attempt has to wait for because another is to be ready
// before. It is called with mu held.
func (w *Watch) alone(a Attempt) Lack {
	switch {
	case w.solo.who == (Attempt{}) || w.solo.who == a:
		return None
	case w.solo.yield[a.Job] == a:
		return Back
	case w.crowd.over && w.crowd.turn == a:
		return None
	}
	return Disk
}
