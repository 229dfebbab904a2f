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

const (
	selectByID  = selectRow + ` WHERE j.id = ?`
	selectByKey = selectRow + ` WHERE j.owner = ? AND j.key = ?`
	deleteJob   = `DELETE FROM jobs WHERE n = ?`
)

// Submit implements [store.Board].
func (s *Store) Submit(ctx context.Context, spec jobs.Spec, o store.SubmitOptions) (j jobs.Job, existed bool, err error) {
	err = s.write(ctx, "adding a job", func(t *tx) error {
		if o.Key != "" {
			r, err := scan(t.QueryRow(selectByKey, o.Owner, o.Key))
			if !errors.Is(err, sql.ErrNoRows) {
				j, existed = r.job, true
				return t.again(&j, r, spec, err)
			}
		}
		r, err := t.record(row{key: o.Key, turn: t.nextTurn()},
			jobs.Event{Kind: jobs.KindQueued, Owner: o.Owner, Spec: spec, Place: t.lastPlace()})
		j = r.job
		return err
	})
	if err != nil {
		return jobs.Job{}, false, err
	}
	return j, existed, nil
}

// again answers a request whose key has been used for the job r.
func (t *tx) again(j *jobs.Job, r row, spec jobs.Spec, err error) error {
	if err != nil {
		return err
	}
	if !bytes.Equal(wire.AppendSpec(nil, r.job.Spec), wire.AppendSpec(nil, spec)) {
		return jobs.ErrKeyReused
	}
	if r.job.State == jobs.Queued {
		j.Place, err = t.place(r)
	}
	return err
}

// Cancel implements [store.Board].
func (s *Store) Cancel(ctx context.Context, id jobs.ID, reason string) (jobs.Job, error) {
	return s.change(ctx, "canceling a job", id, func(t *tx, r row) (row, error) {
		return t.record(r, jobs.Event{Kind: jobs.KindCanceled, Reason: reason})
	})
}

// Retry implements [store.Board].
func (s *Store) Retry(ctx context.Context, id jobs.ID) (jobs.Job, error) {
	return s.change(ctx, "retrying a job", id, func(t *tx, r row) (row, error) {
		r.turn = t.nextTurn()
		return t.record(r, jobs.Event{Kind: jobs.KindQueued, Owner: r.job.Owner, Spec: r.job.Spec, Place: t.lastPlace()})
	})
}

// Delete implements [store.Board].
func (s *Store) Delete(ctx context.Context, id jobs.ID) error {
	_, err := s.change(ctx, "deleting a job", id, func(t *tx, r row) (row, error) {
		t.changes = append(t.changes, change{
			Change: store.Change{Job: r.job, Deleted: true},
			before: r.job.State,
			ended:  r.job.State == jobs.Running,
		})
		_, err := t.Exec(deleteJob, r.n)
		return r, err
	})
	return err
}

// change has f change the job of that id, and returns the job as f leaves it.
func (s *Store) change(ctx context.Context, doing string, id jobs.ID, f func(*tx, row) (row, error)) (jobs.Job, error) {
	var j jobs.Job
	err := s.write(ctx, doing, func(t *tx) error {
		r, err := t.find(id)
		if err != nil {
			return err
		}
		r, err = f(t, r)
		j = r.job
		return err
	})
	if err != nil {
		return jobs.Job{}, err
	}
	return j, nil
}

// find returns the job of that id, or jobs.ErrNotFound.
func (t *tx) find(id jobs.ID) (row, error) {
	r, err := scan(t.QueryRow(selectByID, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, jobs.ErrNotFound
	}
	return r, err
}
