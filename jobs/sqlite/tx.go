package sqlite

import (
	"database/sql"
	"slices"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
)

// tx is a function's part of the writer's transaction.
type tx struct {
	*sql.Tx
	batch   *batch
	changes []change
}

// change is what is told of a change, and what the writer itself must know.
type change struct {
	store.Change
	before jobs.State    // empty: the job is new
	ended  bool          // the lease that the job was held by has ended
	lost   chan struct{} // of the lease that has begun; nil: none has
}

const (
	insertEvent  = `INSERT INTO events (job, seq, kind, data) VALUES (?, ?, ?, ?)`
	deleteCursor = `DELETE FROM cursors WHERE job = ?`
)

// record makes events the next ones of the job: it numbers them, folds them
// into the job, and writes them and the row. It is the only way in which a job
// changes.
func (t *tx) record(r row, events ...jobs.Event) (row, error) {
	before, last := r.job.State, r.job.LastEvent
	var err error
	for i := range events {
		e := &events[i]
		e.Job, e.Seq = r.job.ID, r.job.LastEvent+1
		if before == "" {
			e.Job = t.batch.w.options.NewID()
		}
		if e.At.IsZero() {
			e.At = t.batch.now
		}
		e.At, e.Expires = trim(e.At), trim(e.Expires)
		if r.job, err = apply(r.job, *e); err != nil {
			return row{}, err
		}
	}
	restarted := slices.ContainsFunc(events, func(e jobs.Event) bool { return e.Kind == jobs.KindStarted })
	goesOn := before == jobs.Running && r.job.State == jobs.Running && !restarted
	if goesOn {
		err = r.saveRunning(t.Tx)
	} else {
		if r.job.State != jobs.Running {
			r.leased = 0
		}
		err = r.save(t.Tx)
	}
	if err != nil {
		return row{}, err
	}
	for _, e := range events {
		if _, err := t.Exec(insertEvent, r.n, e.Seq, string(e.Kind), wire.AppendData(nil, e)); err != nil {
			return row{}, err
		}
	}
	if r.job.State == jobs.Ready {
		if _, err := t.Exec(deleteCursor, r.n); err != nil { // there is nothing left to go on with
			return row{}, err
		}
	}
	t.changes = append(t.changes, change{
		Change: store.Change{Job: r.job, Events: events},
		before: before,
		ended:  before == jobs.Running && !goesOn,
	})
	return r, t.thin(r, last)
}

// apply is jobs.Job.Apply for events that are kept, which a reset is not.
func apply(j jobs.Job, e jobs.Event) (jobs.Job, error) {
	if e.Kind == jobs.KindReset {
		return j, &jobs.StateError{State: j.State, Kind: e.Kind}
	}
	return j.Apply(e)
}

// Progress events beyond the newest progressKept are removed, whenever the
// numbers of a job's events pass a multiple of thinEvery.
const (
	progressKept = 100
	thinEvery    = 64
)

const deleteProgress = `
	DELETE FROM events
	WHERE job = ?1 AND kind = 'progress' AND seq <= (
		SELECT seq FROM events WHERE job = ?1 AND kind = 'progress' ORDER BY seq DESC LIMIT 1 OFFSET ?2)`

// thin removes old progress events, now and then. The last event before this
// transaction had the number last.
func (t *tx) thin(r row, last int64) error {
	if last/thinEvery == r.job.LastEvent/thinEvery {
		return nil
	}
	_, err := t.Exec(deleteProgress, r.n, progressKept)
	return err
}

// place returns the place that a job with the turn of r has, or would have, in
// the queue.
func (t *tx) place(r row) (place int, err error) {
	return place, t.QueryRow(selectPlace, r.turn).Scan(&place)
}

// lastPlace returns the place of a job that joins the queue at its end. The
// queue may be long, so it is not counted.
func (t *tx) lastPlace() int { return int(t.batch.counts[jobs.Queued]) + 1 }

// nextTurn returns the turn of a job that joins the queue at its end.
func (t *tx) nextTurn() int64 {
	t.batch.w.turn++
	return t.batch.w.turn
}
