package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

const (
	selectPlace   = `SELECT count(*) + 1 FROM jobs INDEXED BY jobs_queued WHERE state = 'queued' AND turn < ?`
	selectBetween = `SELECT count(*) FROM jobs INDEXED BY jobs_queued WHERE state = 'queued' AND turn >= ? AND turn < ?`
)

// Job implements [store.Board].
func (s *Store) Job(ctx context.Context, id jobs.ID) (jobs.Job, error) {
	return s.one(ctx, selectByID, string(id))
}

// Find implements [store.Board].
func (s *Store) Find(ctx context.Context, owner, key string) (jobs.Job, error) {
	return s.one(ctx, selectRow+` WHERE j.owner = ? AND j.key = ?`, owner, key)
}

const selectMade = selectRow + ` WHERE j.file_key = ? AND j.state = 'ready' ORDER BY j.n DESC LIMIT ?`

// Made implements [store.Board].
func (s *Store) Made(ctx context.Context, key string, n int) (made []jobs.Job, err error) {
	if key == "" {
		return nil, nil
	}
	err = s.read(ctx, "looking for what was made before", func(t *sql.Tx) error {
		rows, err := readRows(t.QueryContext(ctx, selectMade, key, max(n, 0)))
		for _, r := range rows {
			made = append(made, r.job)
		}
		return err
	})
	return made, err
}

// one returns the job that query finds.
func (s *Store) one(ctx context.Context, query string, args ...any) (j jobs.Job, err error) {
	err = s.read(ctx, "reading a job", func(t *sql.Tx) error {
		r, err := scan(t.QueryRowContext(ctx, query, args...))
		if errors.Is(err, sql.ErrNoRows) {
			return jobs.ErrNotFound
		}
		if err != nil {
			return err
		}
		s.foretell(r)
		j = r.job
		if j.State != jobs.Queued {
			return nil
		}
		return t.QueryRowContext(ctx, selectPlace, r.turn).Scan(&j.Place)
	})
	return j, err
}

// Count implements [store.Board]. The writer counts along, so it costs nothing.
func (s *Store) Count(ctx context.Context) (map[jobs.State]int64, error) {
	return s.writer.count(), ctx.Err()
}

const selectCountsOf = `SELECT state, count(*) FROM jobs INDEXED BY jobs_owner WHERE owner = ? GROUP BY state`

// CountOf implements [store.Board].
func (s *Store) CountOf(ctx context.Context, owner string) (counts map[jobs.State]int64, err error) {
	err = s.read(ctx, "counting jobs", func(t *sql.Tx) error {
		counts, err = scanCounts(t.QueryContext(ctx, selectCountsOf, owner))
		return err
	})
	return counts, err
}

// scanCounts reads all rows of a query, each a state and a number, and closes
// it.
func scanCounts(from *sql.Rows, err error) (map[jobs.State]int64, error) {
	if err != nil {
		return nil, err
	}
	defer from.Close()
	counts := make(map[jobs.State]int64)
	for from.Next() {
		var state jobs.State
		var n int64
		if err := from.Scan(&state, &n); err != nil {
			return nil, err
		}
		if n > 0 {
			counts[state] = n
		}
	}
	return counts, from.Err()
}

// How many jobs a page has at most, and if the filter does not say.
const (
	pageMax     = 500
	pageDefault = 50
)

// List implements [store.Board]. A page has 500 jobs at most.
func (s *Store) List(ctx context.Context, f store.Filter) (page []jobs.Job, next string, err error) {
	before, err := parseCursor(f.After)
	if err != nil {
		return nil, "", err
	}
	limit := min(cmp.Or(max(f.Limit, 0), pageDefault), pageMax)
	query, args := selectRow+` WHERE j.n < ?`, []any{before}
	if f.Owner != "" {
		query, args = query+` AND j.owner = ?`, append(args, f.Owner)
	}
	switch {
	case f.State == jobs.Queued: // written out, so that SQLite sees that its index will do
		query += ` AND j.state = 'queued'`
	case f.State == jobs.Running:
		query += ` AND j.state = 'running'`
	case f.State != "":
		query, args = query+` AND j.state = ? AND j.finished IS NOT NULL`, append(args, string(f.State))
	}
	query += ` ORDER BY j.n DESC LIMIT ?`

	err = s.read(ctx, "listing jobs", func(t *sql.Tx) error {
		// One more than the page has says whether there is another page.
		rows, err := readRows(t.QueryContext(ctx, query, append(args, limit+1)...))
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			next = formatCursor(rows[limit-1].n)
		}
		if err := countPlaces(ctx, t, rows); err != nil {
			return err
		}
		for _, r := range rows {
			s.foretell(r)
			page = append(page, r.job)
		}
		return nil
	})
	return page, next, err
}

// readRows reads all rows of a query and closes it.
func readRows(from *sql.Rows, err error) (rows []*row, _ error) {
	if err != nil {
		return nil, err
	}
	defer from.Close()
	for from.Next() {
		r, err := scan(from)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, from.Err()
}

// countPlaces sets the places of queued jobs. It walks the queue once, however
// many they are.
func countPlaces(ctx context.Context, t *sql.Tx, rows []*row) error {
	var queued []*row
	for _, r := range rows {
		if r.job.State == jobs.Queued {
			queued = append(queued, r)
		}
	}
	slices.SortFunc(queued, func(a, b *row) int { return cmp.Compare(a.turn, b.turn) })
	place, turn := 1, int64(math.MinInt64)
	for _, r := range queued {
		var between int
		if err := t.QueryRowContext(ctx, selectBetween, turn, r.turn).Scan(&between); err != nil {
			return err
		}
		place, turn = place+between, r.turn
		r.job.Place = place
	}
	return nil
}

// A cursor is the number of the last row of a page, behind a byte for the
// version of its form.
const cursorVersion = 1

func formatCursor(n int64) string {
	b := binary.BigEndian.AppendUint64([]byte{cursorVersion}, uint64(n))
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (int64, error) {
	if s == "" {
		return math.MaxInt64, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != 9 || b[0] != cursorVersion {
		return 0, store.ErrCursor
	}
	n := int64(binary.BigEndian.Uint64(b[1:]))
	if n < 1 {
		return 0, store.ErrCursor
	}
	return n, nil
}
