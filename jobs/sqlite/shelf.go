package sqlite

import (
	"context"
	"database/sql"

	"example.org/carryout/jobs"
)

const selectDue = `
	SELECT id FROM jobs INDEXED BY jobs_due
	WHERE state = 'ready' AND due IS NOT NULL AND due <= ?
	ORDER BY due LIMIT ?`

// Due implements [store.Shelf]. Now and then it keeps a mark of the clock it
// goes by.
func (s *Store) Due(ctx context.Context, n int) (due []jobs.ID, err error) {
	if s.clock.stale() {
		_ = s.keepTime(ctx) // where that fails, the next look tries again
	}
	err = s.read(ctx, "looking for expired files", func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, selectDue, s.clock.Now().UnixMilli(), max(n, 0))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id jobs.ID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			due = append(due, id)
		}
		return rows.Err()
	})
	return due, err
}

// Expire implements [store.Shelf].
func (s *Store) Expire(ctx context.Context, id jobs.ID) error {
	_, err := s.change(ctx, s.insist, "letting a job expire", id, func(*tx, *row) (jobs.Event, error) {
		return jobs.Event{Kind: jobs.KindExpired}, nil
	})
	return err
}
