package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"example.org/carryout/jobs"
)

// A View is a look at a database from outside. A server may run meanwhile. It
// is made by [Look] and closed with Close.
type View struct{ db *sql.DB }

// Look opens the database at path to be looked at. It must be there, and of the
// present schema. No [Store] of this process may use it: a look opens and closes
// the file, which would take the locks of the Store away
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
func Look(ctx context.Context, path string) (*View, error) {
	db, err := existing(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := present(ctx, db); err != nil {
		db.Close()
		return nil, failed("opening the database "+path, err)
	}
	return &View{db}, nil
}

// present wants the present schema, which [Open] would make of an earlier one.
func present(ctx context.Context, db *sql.DB) error {
	latest, err := steps()
	if err != nil {
		return err
	}
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback() // nothing was written
	version, err := schema(ctx, t)
	if err == nil && version < len(latest) {
		err = fmt.Errorf("it is of an earlier version of Carryout (schema %d, this one has %d): start the server of this version once", version, len(latest))
	}
	return err
}

// Close ends the look.
func (v *View) Close() error { return v.db.Close() }

// Job returns the job of that id, or jobs.ErrNotFound.
func (v *View) Job(ctx context.Context, id jobs.ID) (jobs.Job, error) {
	r, err := scan(v.db.QueryRowContext(ctx, selectByID, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return jobs.Job{}, jobs.ErrNotFound
	}
	if err != nil {
		return jobs.Job{}, failed("reading a job", err)
	}
	return r.job, nil
}

const selectOnward = selectRow + ` WHERE j.n > ? ORDER BY j.n LIMIT ?`

// Jobs yields all jobs, the oldest first. It reads some at a time, so that it
// keeps the server from nothing, however long the caller takes.
func (v *View) Jobs(ctx context.Context) iter.Seq2[jobs.Job, error] {
	return func(yield func(jobs.Job, error) bool) {
		var last int64
		for {
			rows, err := readRows(v.db.QueryContext(ctx, selectOnward, last, pageMax))
			if err != nil {
				yield(jobs.Job{}, failed("reading the jobs", err))
				return
			}
			for _, r := range rows {
				if !yield(r.job, nil) {
					return
				}
				last = r.n
			}
			if len(rows) < pageMax {
				return
			}
		}
	}
}
