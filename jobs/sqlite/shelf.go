package sqlite

import (
	"context"
	"database/sql"
	"time"

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
	return s.ids(ctx, "looking for expired files", selectDue, s.clock.Now().UnixMilli(), max(n, 0))
}

// ids returns the ids of the jobs that a query finds.
func (s *Store) ids(ctx context.Context, doing, query string, args ...any) (found []jobs.ID, err error) {
	err = s.read(ctx, doing, func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id jobs.ID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			found = append(found, id)
		}
		return rows.Err()
	})
	return found, err
}

const selectNextDue = `SELECT min(due) FROM jobs INDEXED BY jobs_due WHERE state = 'ready' AND due IS NOT NULL`

// NextDue implements [store.Shelf].
func (s *Store) NextDue(ctx context.Context) (in time.Duration, any bool, err error) {
	var due sql.Null[int64]
	err = s.read(ctx, "looking for the next expired file", func(t *sql.Tx) error {
		return t.QueryRowContext(ctx, selectNextDue).Scan(&due)
	})
	if err != nil || !due.Valid {
		return 0, false, err
	}
	return max(fromMilli(due).Sub(s.clock.Now()), 0), true, nil
}

// Expire implements [store.Shelf].
func (s *Store) Expire(ctx context.Context, id jobs.ID) error {
	return s.Evict(ctx, id, "")
}

// Evict implements [store.Shelf].
func (s *Store) Evict(ctx context.Context, id jobs.ID, reason string) error {
	_, err := s.change(ctx, s.insist, "letting a job expire", id, func(*tx, *row) (jobs.Event, error) {
		return jobs.Event{Kind: jobs.KindExpired, Reason: reason}, nil
	})
	return err
}

const updateDownloaded = `UPDATE jobs SET downloaded = ? WHERE id = ? AND state = 'ready'`

// Downloaded implements [store.Shelf].
func (s *Store) Downloaded(ctx context.Context, id jobs.ID) error {
	return s.write(ctx, "noting a download", func(t *tx) error {
		return t.exec(updateDownloaded, s.clock.Now().UnixMilli(), string(id))
	})
}

const selectSpent = `
	SELECT id FROM jobs INDEXED BY jobs_downloaded
	WHERE state = 'ready' AND downloaded IS NOT NULL
	ORDER BY downloaded LIMIT ?`

// Spent implements [store.Shelf].
func (s *Store) Spent(ctx context.Context, n int) ([]jobs.ID, error) {
	return s.ids(ctx, "looking for downloaded files", selectSpent, max(n, 0))
}
