package sqlite

import (
	"errors"
	"slices"
	"strconv"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// lostReason is what a job's history says when its worker has fallen silent.
const lostReason = "the worker was lost"

// errNone reports that no job is free.
var errNone = errors.New("no job is free")

// hopeful reports whether there may be a job that is free.
func (w *writer) hopeful() bool {
	return w.stale || w.counts[jobs.Queued] > 0 || w.leases.wait() == 0
}

// serve starts jobs for those who wait, as long as there are any.
func (b *batch) serve() {
	for b.broken == nil && len(b.w.waiting) > 0 {
		var lease store.Lease
		var c *claim
		again := false
		err := b.guard(func(t *tx) error {
			r, err := t.free()
			if err != nil {
				return err
			}
			if again = r.job.State == jobs.Running && t.exhausted(r); again {
				mine := *r
				_, err := t.record(&mine, these(gaveUp(r)))
				return err
			}
			if c = b.next(); c == nil {
				return errNone // all have gone
			}
			lease, err = t.start(r, c.worker)
			return err
		})
		if errors.Is(err, errNone) {
			return
		}
		if again && err == nil {
			continue
		}
		if c == nil {
			c = b.next()
		}
		if c != nil {
			c.lease = lease
			b.claims = append(b.claims, outcome[*claim]{c, err})
		}
	}
}

// exhausted reports whether a job that has lost its worker has been started
// as often as is allowed.
func (t *tx) exhausted(r *row) bool {
	most := t.batch.w.options.Attempts
	return most > 0 && r.job.Attempt >= most
}

// gaveUp is how such a job ends.
func gaveUp(r *row) jobs.Event {
	return jobs.Event{Kind: jobs.KindFailed, Failure: jobs.Failure{
		Code: store.GaveUp,
		Message: "The server went down " + strconv.Itoa(r.job.Attempt) + " times while it made this export, so it tries no more. " +
			"Ask for less of it, or tell whoever runs this server.",
	}}
}

// next takes the first claim whose caller still waits, or returns nil.
func (b *batch) next() *claim {
	for i, c := range b.w.waiting {
		if c.take() {
			b.w.waiting = slices.Delete(b.w.waiting, 0, i+1)
			return c
		}
	}
	b.w.waiting = nil
	return nil
}

// free returns the job that is to be started next, or errNone.
func (t *tx) free() (*row, error) {
	w := t.batch.w
	held := func(id jobs.ID, fence int64) bool {
		r := w.active.rows[id]
		return r != nil && r.job.State == jobs.Running && r.fence == fence
	}
	if id, ok := w.leases.runOut(held); ok {
		return w.active.rows[id], nil
	}
	if t.batch.counts[jobs.Queued] == 0 {
		return nil, errNone
	}
	for {
		if r := w.active.first(); r != nil {
			return r, nil
		}
		if w.active.complete() {
			return nil, errNone
		}
		if err := t.more(); err != nil {
			return nil, err
		}
	}
}

// more reads the next part of a queue that is longer than what is in memory.
// Jobs whose owners have as many running as is allowed stay there meanwhile.
func (t *tx) more() error {
	if err := t.batch.flush(); err != nil {
		return err
	}
	t.batch.refilled = true
	return t.batch.lost(t.batch.w.refill(t.batch.w.active.horizon))
}

// start gives the job to worker. A job whose lease has run out goes back into
// the queue first, so that its history says what happened.
func (t *tx) start(old *row, worker string) (store.Lease, error) {
	from, err := t.cursor(old)
	if err != nil {
		return store.Lease{}, err
	}
	r := *old
	var events []jobs.Event
	if r.job.State == jobs.Running {
		place, err := t.place(&r)
		if err != nil {
			return store.Lease{}, err
		}
		events = append(events, jobs.Event{Kind: jobs.KindRequeued, Reason: lostReason, Place: place})
	}
	events = append(events, jobs.Event{Kind: jobs.KindStarted, Attempt: r.job.Attempt + 1, Progress: atRest(from.progress)})
	r.fence++
	c, err := t.record(&r, these(events...))
	if err != nil {
		return store.Lease{}, err
	}
	c.lost = make(chan struct{})
	return store.Lease{Job: *c.Job, Worker: worker, Fence: r.fence, Cursor: from.data, Lost: c.lost}, nil
}
