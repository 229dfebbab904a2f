package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.org/carryout/jobs"
)

const (
	seenAtOnce      = 500 // jobs that are marked in one transaction
	forgottenAtOnce = 20  // and that are removed, each with some hundred events
)

// Forget implements [store.Shelf]. How long a job has ended is kept beside it from
// the first call on that sees it so, for nothing but this asks. All is done in
// small parts, between which others write.
func (s *Store) Forget(ctx context.Context, after time.Duration) (n int, err error) {
	if err := s.seeEnded(ctx); err != nil {
		return 0, err
	}
	for {
		old, err := s.ended(ctx, selectEnded, s.clock.Now().Add(-after).UnixMilli(), forgottenAtOnce)
		if err != nil || len(old) == 0 {
			return n, err
		}
		gone := 0
		err = s.write(ctx, "forgetting old jobs", func(t *tx) (err error) {
			gone, err = t.dropAll(old)
			return err
		})
		n += gone
		if err != nil || gone == 0 { // what is left was tried again meanwhile
			return n, err
		}
	}
}

// an ending is a job that had ended when that was its latest event.
type ending struct {
	n         int64
	id        jobs.ID
	lastEvent int64
}

const (
	selectUnseen = `
		SELECT n, id, last_event FROM jobs
		WHERE n > ? AND state IN ('failed', 'canceled', 'expired')
			AND NOT EXISTS (SELECT 1 FROM ended WHERE ended.job = jobs.n AND ended.last_event = jobs.last_event)
		ORDER BY n LIMIT ?`

	selectEnded = `
		SELECT n, id, jobs.last_event FROM ended JOIN jobs ON jobs.n = ended.job
		WHERE at <= ? AND ended.last_event = jobs.last_event
		ORDER BY at LIMIT ?`

	upsertEnded = `
		INSERT INTO ended (job, last_event, at) SELECT n, last_event, ? FROM jobs WHERE n = ? AND last_event = ?
		ON CONFLICT (job) DO UPDATE SET last_event = excluded.last_event, at = excluded.at`
)

// seeEnded takes note of the jobs that have ended since the call before.
func (s *Store) seeEnded(ctx context.Context) error {
	last := int64(0)
	for {
		unseen, err := s.ended(ctx, selectUnseen, last, seenAtOnce)
		if err != nil || len(unseen) == 0 {
			return err
		}
		now := s.clock.Now().UnixMilli()
		err = s.write(ctx, "noting which jobs have ended", func(t *tx) error {
			for _, e := range unseen {
				if err := t.exec(upsertEnded, now, e.n, e.lastEvent); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		last = unseen[len(unseen)-1].n
	}
}

// ended returns the endings that a query finds.
func (s *Store) ended(ctx context.Context, query string, from int64, n int) (found []ending, err error) {
	err = s.read(ctx, "looking for jobs that have ended", func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, query, from, n)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e ending
			if err := rows.Scan(&e.n, &e.id, &e.lastEvent); err != nil {
				return err
			}
			found = append(found, e)
		}
		return rows.Err()
	})
	return found, err
}

// dropAll removes those jobs to which nothing has happened since, and returns how
// many that were.
func (t *tx) dropAll(old []ending) (n int, err error) {
	for _, e := range old {
		r, err := t.find(e.id)
		if errors.Is(err, jobs.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if r.job.LastEvent != e.lastEvent {
			continue
		}
		if err := t.delete(r); err != nil {
			return 0, err // which the database says, so that none of them is gone
		}
		n++
	}
	return n, nil
}
