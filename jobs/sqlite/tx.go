package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
)

// tx is a function's part of the writer's transaction. It gathers what the
// function decides, which comes into effect when the function returns without
// an error, and never if it returns one.
type tx struct {
	batch    *batch
	changes  []*change
	events   []event
	thin     []int64
	cursors  map[int64]*cursor
	progress []newest
	messages []store.Message
	forget   int
}

// change is what is told of a change, and what the writer itself must know.
type change struct {
	store.Change
	row    *row
	write  extent
	before jobs.State    // empty: the job is new
	ended  bool          // the lease that the job was held by has ended
	lost   chan struct{} // of the lease that has begun; nil: none has
}

// extent is how much of a row is to be written. A lesser one includes those
// that are greater.
type extent int

const (
	asNew extent = iota
	asWhole
	asRunning
	notAtAll // what is new is progress, see selectColumns
)

// facts are events on their way into a history, and the data of those that are
// encoded already.
type facts struct {
	events []jobs.Event
	data   [][]byte // of each; nil: not yet
}

func these(events ...jobs.Event) facts { return facts{events, make([][]byte, len(events))} }

// record makes facts the next events of the job: it numbers them and folds
// them into the job. It is the only way in which a job changes. It takes over
// both, r and the facts.
func (t *tx) record(r *row, f facts) (*change, error) {
	before := r.job.State
	if before == "" {
		r.job.ID = f.events[0].Job
		t.batch.w.newest++
		r.n = t.batch.w.newest
	}
	restarted := false
	var room [2]event // is enough for most
	kept := room[:0]
	for i := range f.events {
		e := &f.events[i]
		e.Job, e.Seq = r.job.ID, r.job.LastEvent+1
		if e.At.IsZero() {
			e.At = t.batch.now
		}
		e.At, e.Expires = trim(e.At), trim(e.Expires)
		var err error
		if r.job, err = apply(r.job, *e); err != nil {
			return nil, err
		}
		if e.Kind == jobs.KindReady {
			r.due = t.batch.w.clock.due(*e)
		}
		if f.data[i] == nil {
			w := t.batch.w
			w.data = wire.AppendKept(w.data[:0], *e)
			f.data[i] = bytes.Clone(w.data)
		}
		kept = append(kept, event{r.n, e.Seq, e.Kind, f.data[i]})
		restarted = restarted || e.Kind == jobs.KindStarted
	}
	t.join(r, kept)
	goesOn := before == jobs.Running && r.job.State == jobs.Running && !restarted
	c := &change{
		Change: store.Change{Job: &r.job, Events: f.events},
		row:    r, write: asWhole, before: before, ended: before == jobs.Running && !goesOn,
	}
	switch {
	case goesOn:
		c.write = asRunning
	case before == "":
		c.write = asNew
	}
	if r.job.State == jobs.Ready && r.kept { // there is nothing left to do
		r.kept = false
		t.keep(r, nil)
	}
	t.changes = append(t.changes, c)
	return c, nil
}

// apply is jobs.Job.Apply for events that are kept, which a reset is not.
func apply(j jobs.Job, e jobs.Event) (jobs.Job, error) {
	if e.Kind == jobs.KindReset {
		return j, &jobs.StateError{State: j.State, Kind: e.Kind}
	}
	return j.Apply(e)
}

// keep keeps a cursor, or removes it if it is nil.
func (t *tx) keep(r *row, c *cursor) {
	if t.cursors == nil {
		t.cursors = make(map[int64]*cursor, 1)
	}
	t.cursors[r.n] = c
}

const deleteJob = `DELETE FROM jobs WHERE n = ?`

// delete removes a job, at once: it must be the last that a function does.
func (t *tx) delete(r *row) error {
	if err := t.exec(deleteJob, r.n); err != nil {
		return err
	}
	t.changes = append(t.changes, &change{
		Change: store.Change{Job: &r.job, Deleted: true},
		row:    r, before: r.job.State, ended: r.job.State == jobs.Running,
	})
	return nil
}

const (
	selectByID  = selectRow + ` WHERE j.id = ?`
	selectByKey = `SELECT id FROM jobs WHERE owner = ? AND key = ?`
)

// find returns the job of that id, or jobs.ErrNotFound.
func (t *tx) find(id jobs.ID) (*row, error) {
	if r, ok := t.batch.w.active.rows[id]; ok {
		return r, nil
	}
	if c, ok := t.batch.pending.rows[id]; ok {
		return c.row, nil
	}
	// What is pending does not touch this row.
	r, err := scan(t.batch.w.connection.QueryRowContext(context.Background(), selectByID, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, jobs.ErrNotFound
	}
	return r, t.batch.lost(err)
}

// findByKey returns the job for which owner has used an idempotency key, or
// jobs.ErrNotFound.
func (t *tx) findByKey(owner, k string) (*row, error) {
	id, ok := t.batch.pending.keys[key{owner, k}]
	if !ok {
		err := t.batch.w.connection.QueryRowContext(context.Background(), selectByKey, owner, k).Scan((*string)(&id))
		if errors.Is(err, sql.ErrNoRows) {
			return nil, jobs.ErrNotFound
		}
		if err != nil {
			return nil, t.batch.lost(err)
		}
	}
	return t.find(id)
}

// place returns the place that a job has, or would have, in the queue.
func (t *tx) place(r *row) (place int, err error) {
	if err := t.batch.flush(); err != nil {
		return 0, err
	}
	err = t.batch.w.connection.QueryRowContext(context.Background(), selectPlace, r.turn).Scan(&place)
	return place, t.batch.lost(err)
}

// exec executes a statement after what is pending.
func (t *tx) exec(query string, args ...any) error {
	if err := t.batch.flush(); err != nil {
		return err
	}
	return t.batch.lost(t.batch.w.connection.exec(query, args...))
}

// lastPlace returns the place of a job that joins the queue at its end. The
// queue may be long, so it is not counted.
func (t *tx) lastPlace() int { return int(t.batch.counts[jobs.Queued]) + 1 }

// nextTurn returns the turn of a job that joins the queue at its end.
func (t *tx) nextTurn() int64 {
	t.batch.w.turn++
	return t.batch.w.turn
}
