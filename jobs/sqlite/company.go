package sqlite

import (
	"runtime"
	"time"

	"example.org/carryout/jobs"
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
	g.calls, g.n, g.closed = g.w.admit(calls), g.n+n, closed
	return n > 0
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
	g.w.expect(g.w.last.answered-g.n, false, g.timer, g.until.Sub(began))
	g.idle += time.Since(began)
	return g.enter()
}

// linger lets what is in no hurry wait for more of its kind, where many jobs run:
// until each of them has told how it goes, or somebody else comes. Whoever came
// alone the last time has nobody to wait for.
func (w *writer) linger(timer *time.Timer) {
	if running := int(w.counts[jobs.Running]); running >= many && w.last.answered > 1 {
		w.expect(running, true, timer, leisure)
	}
}

// expect waits until there are n in the inbox, or one who is in a hurry if those
// do not wait, but for no longer than that.
func (w *writer) expect(n int, hasty bool, timer *time.Timer, most time.Duration) {
	for timer.Reset(most); w.want(n, hasty); {
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

// leisure is how long progress waits for company at most, and many is how many
// jobs must run for some to come.
const (
	leisure = 10 * time.Millisecond
	many    = 32
)

// want has the bell rung when there are n in the inbox, or one who is in a hurry
// if those do not wait, and reports whether that is yet to come.
func (w *writer) want(n int, hasty bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted, w.hasty = n, hasty
	return !w.come(n, hasty) && !w.closed
}

// come reports whether those have come for whom the writer waits. The lock is held.
func (w *writer) come(n int, hasty bool) bool {
	return len(w.calls)+len(w.claims) >= n || hasty && w.urgent+len(w.claims) > 0
}
