package sqlite

import (
	"context"
	"database/sql"
	"time"

	"example.org/carryout/jobs"
)

const selectDue = `
	SELECT id FROM jobs INDEXED BY jobs_ready
	WHERE state = 'ready' AND expires IS NOT NULL AND expires <= ?
	ORDER BY expires LIMIT ?`

// Due implements [store.Shelf].
func (s *Store) Due(ctx context.Context, now time.Time, n int) (due []jobs.ID, err error) {
	err = s.read(ctx, "looking for expired files", func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, selectDue, now.UnixMilli(), max(n, 0))
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
