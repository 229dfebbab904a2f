package sqlite

import (
	"context"
	"maps"
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
	answers    sync.Pool     // of channels for tickets

	mu     sync.Mutex // guards what stands below
	closed bool
	calls  []*call
	claims []*claim
	wanted int                  // in the inbox, for the bell to be rung
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
	heard   time.Time      // when remarks were taken last
	version int64          // of the database, as the writer knows it
	stale   bool           // what the writer knows must be read anew
	told    []store.Change // the memory of what is told next
	pending pending        // that of what is written next
	data    []byte         // that of the event that is encoded next
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
	c := &call{ticket: w.ticket(), run: f, last: last}
	if err := w.send(ctx, func() { w.calls = append(w.calls, c) }); err != nil {
		return err
	}
	return w.wait(ctx, &c.ticket)
}

// claim waits for a job.
func (w *writer) claim(ctx context.Context, worker string) (store.Lease, error) {
	c := &claim{ticket: w.ticket(), worker: worker}
	if err := w.send(ctx, func() { w.claims = append(w.claims, c) }); err != nil {
		return store.Lease{}, err
	}
	err := w.wait(ctx, &c.ticket)
	return c.lease, err
}

// ticket returns a new ticket.
func (w *writer) ticket() ticket {
	answer, ok := w.answers.Get().(chan error)
	if !ok {
		answer = make(chan error, 1)
	}
	return ticket{answer: answer}
}

// wait returns the answer to a ticket. Then no other comes, so the channel may
// be used again.
func (w *writer) wait(ctx context.Context, t *ticket) error {
	defer w.answers.Put(t.answer)
	return t.wait(ctx)
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
	if w.come(w.wanted) {
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
	w.leases.close()
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
		case <-timer.C: // a lease has run out, or remarks have waited long enough
		}
		if closed := w.goRound(timer); closed {
			w.refuse(store.ErrClosed)
			return
		}
	}
}

// take empties the inbox, in which there are n.
func (w *writer) take() (calls []*call, n int, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.bell: // for those who are taken now
	default:
	}
	calls, n = w.calls, len(w.calls)+len(w.claims)
	w.waiting = append(w.waiting, w.claims...)
	w.calls, w.claims, w.wanted = nil, nil, 1
	return calls, n, w.closed
}

// idle returns how long there is nothing to do unless somebody rings: until a
// lease may run out that a claim waits for, or remarks are due.
func (w *writer) idle() time.Duration {
	wait := w.untilHeard()
	if len(w.waiting) > 0 {
		wait = min(wait, w.leases.wait())
	}
	return wait
}

// commit makes one transaction of guests and of what can be done for the claims
// that wait, and returns how many of those who wait were answered.
func (w *writer) commit(g *guests) (answered int) {
	w.waiting = slices.DeleteFunc(w.waiting, func(c *claim) bool { return c.gone() })
	if len(g.calls) == 0 && (len(w.waiting) == 0 || !w.hopeful()) {
		return 0
	}
	defer w.fold()
	b := w.begin()
	for more := true; more; more = g.more(b) {
		b.run(g.calls)
		b.serve()
	}
	b.end()
	answered = b.answered()
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
