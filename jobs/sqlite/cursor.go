package sqlite

import (
	"context"
	"slices"

	"example.org/carryout/jobs"
)

// A cursor is where an interrupted job goes on.
type cursor struct {
	data     []byte        // the worker's own; nil: there is none
	progress jobs.Progress // what was done by then
}

// atRest is progress without what belongs to the moment at which it was told.
func atRest(p jobs.Progress) jobs.Progress {
	return jobs.Progress{Fraction: p.Fraction, Bytes: p.Bytes, Items: p.Items}
}

const selectCursor = `SELECT cursor, progress FROM cursors WHERE job = ?`

// cursor returns the cursor of a job.
func (t *tx) cursor(r *row) (cursor, error) {
	if !r.kept {
		return cursor{}, nil
	}
	if c := t.batch.pending.cursors[r.n]; c != nil {
		return cursor{slices.Clone(c.data), c.progress}, nil
	}
	var c cursor
	var progress []byte
	err := t.batch.w.connection.QueryRowContext(context.Background(), selectCursor, r.n).Scan(&c.data, &progress)
	if err != nil {
		return cursor{}, t.batch.lost(err)
	}
	_, c.progress, err = parseProgress(progress)
	return c, err
}
