package sqlite

import (
	"context"
	"database/sql"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

// selectEvents returns no row if there is no such job, and one of NULLs if
// there is no such event.
const selectEvents = `
	SELECT e.seq, e.kind, e.data
	FROM jobs AS j LEFT JOIN events AS e ON e.job = j.n AND e.seq > ?
	WHERE j.id = ?
	ORDER BY e.seq LIMIT ?`

// Events implements [store.Log].
func (s *Store) Events(ctx context.Context, id jobs.ID, after int64, n int) (events []jobs.Event, err error) {
	aside := s.writer.recentOf(id) // before the rest is read, so that nothing falls between
	err = s.read(ctx, "reading the history of a job", func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, selectEvents, after, string(id), max(n, 1))
		if err != nil {
			return err
		}
		defer rows.Close()
		found := false
		for rows.Next() {
			found = true
			e, ok, err := scanEvent(rows, id)
			if err != nil {
				return err
			}
			if ok {
				events = append(events, e)
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if !found {
			return jobs.ErrNotFound
		}
		return nil
	})
	if err != nil || n < 1 {
		return nil, err
	}
	if len(events) > 0 {
		after = events[len(events)-1].Seq
	}
	return aside.follow(events, id, after, n), nil
}

// scanEvent reads a row of selectEvents, and reports whether it is an event.
func scanEvent(rows *sql.Rows, id jobs.ID) (jobs.Event, bool, error) {
	var seq sql.Null[int64]
	var kind sql.Null[string]
	var data sql.RawBytes
	if err := rows.Scan(&seq, &kind, &data); err != nil || !seq.Valid {
		return jobs.Event{}, false, err
	}
	e, err := wire.ParseData(jobs.Kind(kind.V), data)
	e.Job, e.Seq = id, seq.V
	return e, true, err
}
