package sqlite

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// retryClaim is how long a claim waits until it tries again, when the disk is
// full or the database locked.
const retryClaim = time.Second

// Claim implements [store.Queue]. While nothing can be written no job can be
// started, so it goes on waiting.
func (s *Store) Claim(ctx context.Context, worker string) (store.Lease, error) {
	for {
		l, err := s.writer.claim(ctx, worker)
		err = failed("claiming a job", err)
		if !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) {
			return l, err
		}
		select {
		case <-time.After(retryClaim):
		case <-ctx.Done():
			return store.Lease{}, ctx.Err()
		}
	}
}

const (
	upsertCursor = `
		INSERT INTO cursors (job, cursor) VALUES (?, ?)
		ON CONFLICT (job) DO UPDATE SET cursor = excluded.cursor`
	updateLease   = `UPDATE jobs SET leased = ? WHERE id = ? AND state = 'running' AND fence = ?`
	selectRunning = selectRow + ` WHERE j.state = 'running' ORDER BY j.turn`
)

// Append implements [store.Queue].
func (s *Store) Append(ctx context.Context, l store.Lease, cursor []byte, events ...jobs.Event) error {
	events = slices.Clone(events)
	return s.write(ctx, "adding to the history of a job", func(t *tx) error {
		r, err := t.held(l)
		if err != nil {
			return err
		}
		if cursor != nil {
			if _, err := t.Exec(upsertCursor, r.n, cursor); err != nil {
				return err
			}
		}
		if len(events) == 0 {
			return t.renew(l)
		}
		for i, e := range events {
			if e.Kind == jobs.KindRequeued {
				if events[i].Place, err = t.place(r); err != nil {
					return err
				}
			}
		}
		r.leased = t.leasedUntil()
		_, err = t.record(r, events...)
		return err
	})
}

// held returns the job that l holds, or jobs.ErrLost.
func (t *tx) held(l store.Lease) (row, error) {
	r, err := t.find(l.Job.ID)
	if errors.Is(err, jobs.ErrNotFound) {
		return row{}, jobs.ErrLost
	}
	if err == nil && (r.job.State != jobs.Running || r.fence != l.Fence) {
		return row{}, jobs.ErrLost
	}
	return r, err
}

// Renew implements [store.Queue].
func (s *Store) Renew(ctx context.Context, held []store.Lease) ([]error, error) {
	each := make([]error, len(held))
	err := s.write(ctx, "renewing leases", func(t *tx) error {
		for i, l := range held {
			if each[i] = t.renew(l); each[i] != nil && !errors.Is(each[i], jobs.ErrLost) {
				return each[i]
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return each, nil
}

// renew lets l run anew, or returns jobs.ErrLost.
func (t *tx) renew(l store.Lease) error {
	result, err := t.Exec(updateLease, t.leasedUntil(), string(l.Job.ID), l.Fence)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return jobs.ErrLost
}

// Recover implements [store.Queue].
func (s *Store) Recover(ctx context.Context, reason string) (n int, err error) {
	err = s.write(ctx, "putting interrupted jobs back", func(t *tx) error {
		rows, err := readRows(t.Query(selectRunning))
		if err != nil {
			return err
		}
		// In the order of their turns, so that each counts those before it.
		for _, r := range rows {
			place, err := t.place(r)
			if err != nil {
				return err
			}
			if _, err := t.record(r, jobs.Event{Kind: jobs.KindRequeued, Reason: reason, Place: place}); err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
