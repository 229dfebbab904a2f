package sqlite

import (
	"runtime"
	"slices"
	"time"
)

// A round is one transaction.
type round struct {
	answered int           // how many
	at       time.Time     // when
	took     time.Duration // until then, but for the wait for company
}

// goRound makes a transaction of what is in the inbox, and of what joins that.
func (w *writer) goRound(timer *time.Timer) (closed bool) {
	g := guests{w: w, timer: timer, began: time.Now(), until: w.last.at.Add(min(w.last.took/2, patience))}
	g.enter()
	if answered := w.commit(&g); answered > 0 {
		w.last = round{answered, time.Now(), time.Since(g.began) - g.idle}
	}
	return g.closed
}

// guests are those whose calls and claims become one transaction.
//
// Who has just been answered often asks for the next thing at once, and to let
// them share the transaction is cheaper than to keep them waiting for it. So the
// writer waits until as many have come as were answered last, but for no longer
// than half of what that took. Meanwhile it does what those who are there want,
// up to the commit, since it has the disk to wait for then.
type guests struct {
	w     *writer
	timer *time.Timer
	began time.Time
	until time.Time // when the writer waits no longer

	calls  []*call       // of those who came last
	n      int           // how many have come
	idle   time.Duration // for which there was nothing to do but to wait
	closed bool          // nobody will come any more
}

// enter lets in who is there, and reports whether anybody was.
func (g *guests) enter() bool {
	calls, n, closed := g.w.take()
	if c := g.w.hear(n > 0 || closed); c != nil {
		calls = slices.Insert(calls, 0, c) // remarks were made before whoever made them has come
	}
	g.calls, g.n, g.closed = g.w.admit(calls), g.n+n, closed
	return n > 0 || len(g.calls) > 0
}

// more lets more of them join b, and reports whether there were any.
func (g *guests) more(b *batch) bool {
	if time.Since(g.began) > patience {
		return false // however many come, those who are there get their answer
	}
	if g.enter() {
		return true
	}
	if g.n >= g.w.last.answered || !time.Now().Before(g.until) {
		runtime.Gosched() // for those who are about to come
		return g.enter()
	}
	if b.flush() != nil {
		return false // better in the next one
	}
	if g.enter() {
		return true
	}
	began := time.Now()
	g.w.expect(g.w.last.answered-g.n, g.timer, g.until.Sub(began))
	g.idle += time.Since(began)
	return g.enter()
}

// expect waits until there are n in the inbox, but for no longer than that.
func (w *writer) expect(n int, timer *time.Timer, most time.Duration) {
	for timer.Reset(most); w.want(n); {
		select {
		case <-w.bell:
		case <-timer.C:
			return
		}
	}
}

// patience is how long the writer waits for company at most, however slow the
// disk is, and lets others join.
const patience = 5 * time.Millisecond

// want has the bell rung when there are n in the inbox, and reports whether that
// is yet to come.
func (w *writer) want(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = n
	return !w.come(n) && !w.closed
}

// come reports whether there are n in the inbox. The lock is held.
func (w *writer) come(n int) bool { return len(w.calls)+len(w.claims) >= n }
