package sqlite

import (
	"database/sql"
	"errors"
	"slices"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// lostReason is what a job's history says when its worker has fallen silent.
const lostReason = "the worker was lost"

const (
	selectRunOut = selectColumns + `
		FROM jobs AS j INDEXED BY jobs_running ` + withFirst + `
		WHERE j.state = 'running' AND j.leased <= ? ORDER BY j.leased LIMIT 1`
	selectNext = selectColumns + `
		FROM jobs AS j INDEXED BY jobs_queued ` + withFirst + `
		WHERE j.state = 'queued' ORDER BY j.turn LIMIT 1`
	selectCursor = `SELECT cursor FROM cursors WHERE job = ?`
	selectLeased = `SELECT min(leased) FROM jobs INDEXED BY jobs_running WHERE state = 'running'`
)

// hopeful reports whether there may be a job that is free.
func (b *batch) hopeful() bool { return b.counts[jobs.Queued] > 0 || b.clock >= b.w.runsOut }

// serve starts jobs for those who wait, as long as there are any.
func (b *batch) serve() {
	for b.broken == nil && len(b.w.waiting) > 0 && b.hopeful() {
		var lease store.Lease
		var c *claim
		err := b.guard(func(t *tx) error {
			r, err := t.free()
			if err != nil {
				return err
			}
			if c = b.next(); c == nil {
				return nil
			}
			lease, err = t.start(r, c.worker)
			return err
		})
		if errors.Is(err, sql.ErrNoRows) {
			return
		}
		if err != nil && c == nil {
			c = b.next()
		}
		if c == nil {
			return // all have gone
		}
		c.lease = lease
		b.claims = append(b.claims, outcome[*claim]{c, err})
	}
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

// free returns the job that is to be started next, or sql.ErrNoRows.
func (t *tx) free() (row, error) {
	if t.batch.clock >= t.batch.w.runsOut {
		r, err := scan(t.QueryRow(selectRunOut, t.batch.clock))
		if !errors.Is(err, sql.ErrNoRows) {
			return r, err
		}
		var leased sql.Null[int64]
		if err := t.QueryRow(selectLeased).Scan(&leased); err != nil {
			return row{}, err
		}
		t.batch.w.runsOut = never
		if leased.Valid {
			t.batch.w.runsOut = leased.V
		}
	}
	if t.batch.counts[jobs.Queued] == 0 {
		return row{}, sql.ErrNoRows
	}
	return scan(t.QueryRow(selectNext))
}

// start gives the job to worker. A job whose lease has run out goes back into
// the queue first, so that its history says what happened.
func (t *tx) start(r row, worker string) (store.Lease, error) {
	var cursor []byte
	err := t.QueryRow(selectCursor, r.n).Scan(&cursor)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return store.Lease{}, err
	}
	var events []jobs.Event
	if r.job.State == jobs.Running {
		place, err := t.place(r)
		if err != nil {
			return store.Lease{}, err
		}
		events = append(events, jobs.Event{Kind: jobs.KindRequeued, Reason: lostReason, Place: place})
	}
	events = append(events, jobs.Event{Kind: jobs.KindStarted, Attempt: r.job.Attempt + 1})
	r.fence++
	r.leased = t.leasedUntil()
	t.batch.w.runsOut = min(t.batch.w.runsOut, r.leased)
	lost := make(chan struct{})
	if r, err = t.record(r, events...); err != nil {
		return store.Lease{}, err
	}
	t.changes[len(t.changes)-1].lost = lost
	return store.Lease{Job: r.job, Worker: worker, Fence: r.fence, Cursor: cursor, Lost: lost}, nil
}

// leasedUntil returns when a lease that is renewed now runs out.
func (t *tx) leasedUntil() int64 { return t.batch.clock + t.batch.w.options.Lease.Milliseconds() }
