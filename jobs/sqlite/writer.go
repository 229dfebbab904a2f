package sqlite

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// writer is the goroutine that makes all changes, and what it alone knows.
type writer struct {
	connection *connection
	options    Options
	clock      *clock
	leases     *leases
	bell       chan struct{} // rung when there is something in the inbox; capacity 1
	ended      chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex // guards what stands below
	closed bool
	calls  []*call
	claims []*claim
	wanted int                  // in the inbox, for the bell to be rung
	urgent int                  // of calls, those that are in a hurry
	hasty  bool                 // the bell is rung for one of those as well
	counts map[jobs.State]int64 // of what is durable; replaced, never changed
	recent map[jobs.ID]recent   // of jobs that run, as far as it is durable

	// Only the goroutine touches these.
	waiting []*claim // in the order in which they came
	active  *active
	queued  waiting
	newest  int64          // number of the newest job
	turn    int64          // the latest given to a job
	message int64          // number of the newest message
	last    round          // what was done last
	version int64          // of the database, as the writer knows it
	stale   bool           // what the writer knows must be read anew
	told    []store.Change // the memory of what is told next
}

// newWriter returns a writer that knows what the database holds.
func newWriter(c *connection, o Options, time *clock) (*writer, error) {
	w := &writer{
		connection: c, options: o, clock: time, leases: newLeases(o.Lease),
		bell: make(chan struct{}, 1), ended: make(chan struct{}), stale: true,
	}
	b := w.transact(nil, false)
	return w, b.broken
}

// do has f run in the next transaction, and waits for its commit.
func (w *writer) do(ctx context.Context, f func(*tx) error, last bool) error {
	return w.ask(ctx, &call{ticket: newTicket(), run: f, last: last})
}

// doSoon is do for what is in no hurry.
func (w *writer) doSoon(ctx context.Context, f func(*tx) error) error {
	return w.ask(ctx, &call{ticket: newTicket(), run: f, patient: true})
}

// ask hands in a call, and waits for its answer.
func (w *writer) ask(ctx context.Context, c *call) error {
	err := w.send(ctx, func() {
		if w.calls = append(w.calls, c); !c.patient {
			w.urgent++
		}
	})
	if err != nil {
		return err
	}
	return c.wait(ctx)
}

// claim waits for a job.
func (w *writer) claim(ctx context.Context, worker string) (store.Lease, error) {
	c := &claim{ticket: newTicket(), worker: worker}
	if err := w.send(ctx, func() { w.claims = append(w.claims, c) }); err != nil {
		return store.Lease{}, err
	}
	err := c.wait(ctx)
	return c.lease, err
}

// send puts something into the inbox and rings the bell.
func (w *writer) send(ctx context.Context, put func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return store.ErrClosed
	}
	put()
	if w.come(w.wanted, w.hasty) {
		w.ring()
	}
	return nil
}

func (w *writer) ring() {
	select {
	case w.bell <- struct{}{}:
	default: // it is ringing already
	}
}

// close lets the goroutine finish what is in the inbox, and waits for it.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	w.ring()
	w.mu.Unlock()
	<-w.ended
}

// run is the goroutine.
func (w *writer) run() {
	defer close(w.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(w.idle())
		select {
		case <-w.bell:
		case <-timer.C: // a lease has run out
		}
		w.await(timer)
		w.linger(timer)
		calls, closed := w.gather()
		began := time.Now()
		answered := w.commit(calls)
		w.last = round{answered, time.Now(), time.Since(began)}
		if closed {
			w.refuse(store.ErrClosed)
			return
		}
	}
}

// A round is one transaction, or what was tried.
type round struct {
	answered int           // how many
	at       time.Time     // when
	took     time.Duration // until then
}

// await waits for company. Those who have just been answered often ask for the
// next thing at once, and to let them share this transaction is cheaper than to
// keep them waiting for it. So the writer waits until as many have come as were
// answered last, but for no longer than half of what that took.
func (w *writer) await(timer *time.Timer) {
	left := time.Until(w.last.at.Add(min(w.last.took/2, patience)))
	if left <= 0 {
		return
	}
	w.expect(w.last.answered, false, timer, left)
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
// disk is.
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

// gather empties the inbox, once nobody adds to it any more.
func (w *writer) gather() (calls []*call, closed bool) {
	for before := -1; w.size() > before; {
		before = w.size()
		runtime.Gosched()
	}
	return w.take()
}

func (w *writer) size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls) + len(w.claims)
}

// take empties the inbox.
func (w *writer) take() (calls []*call, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls = w.calls
	w.waiting = append(w.waiting, w.claims...)
	w.calls, w.claims, w.wanted, w.urgent, w.hasty = nil, nil, 1, 0, false
	return calls, w.closed
}

// idle returns how long there is nothing to do unless somebody rings: until a
// lease may run out that a claim waits for.
func (w *writer) idle() time.Duration {
	if len(w.waiting) == 0 {
		return never
	}
	return w.leases.wait()
}

// commit makes one transaction of calls and of what can be done for the claims
// that wait, and returns how many were answered.
func (w *writer) commit(calls []*call) (answered int) {
	calls = w.admit(calls)
	w.waiting = slices.DeleteFunc(w.waiting, func(c *claim) bool { return c.gone() })
	if len(calls) == 0 && (len(w.waiting) == 0 || !w.hopeful()) {
		return 0
	}
	defer w.fold()
	b := w.transact(calls, true)
	answered = len(b.calls) + len(b.claims)
	if !b.spoiled() {
		b.settle()
		return answered
	}
	for i := len(b.claims) - 1; i >= 0; i-- {
		w.waiting = slices.Insert(w.waiting, 0, b.claims[i].to)
	}
	for _, o := range b.calls {
		w.alone(o.to)
	}
	if w.saving() {
		w.refuse(store.ErrFull)
		return answered
	}
	w.transact(nil, true).settle()
	return answered
}

// refuse answers all waiting claims with err.
func (w *writer) refuse(err error) {
	for _, c := range w.waiting {
		if c.take() {
			c.answer <- err
		}
	}
	w.waiting = nil
}

// publish lets readers see the new counts.
func (w *writer) publish(counts map[jobs.State]int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts = counts
}

// count returns how many jobs are in each state.
func (w *writer) count() map[jobs.State]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.counts)
}
