package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// These report what is wrong in a database, a line each, and "ok" or nothing
// if all is well. The quick one reads every page, but does not compare the
// indexes with their tables.
const (
	quickCheck = `PRAGMA quick_check(1)`
	fullCheck  = `PRAGMA integrity_check(10)`
	linkCheck  = `SELECT 'a row of ' || "table" || ' belongs to no job' FROM pragma_foreign_key_check LIMIT 10`

	// The fold of a history is compared as far as SQL can: its beginning and
	// its end, which the row of a running job may be behind.
	foldCheck = `
		SELECT 'job ' || j.id || ' is at event ' || j.last_event || ' and its history is not'
		FROM jobs AS j
		WHERE NOT EXISTS (SELECT 1 FROM events WHERE job = j.n AND seq = 1 AND kind = 'queued')
			OR j.last_event > (SELECT max(seq) FROM events WHERE job = j.n)
			OR j.state <> 'running' AND j.last_event < (SELECT max(seq) FROM events WHERE job = j.n)
		LIMIT 10`
)

// Check reads all of the database at path and returns [ErrDamaged], with what
// it found, if something is wrong. A server may run meanwhile, but not in this
// process (see [Look]).
func Check(ctx context.Context, path string) error {
	db, err := existing(ctx, path)
	if err != nil {
		return err
	}
	defer db.Close() // nothing was written
	found, err := compareSchema(ctx, db)
	if err != nil {
		return failed("checking the database "+path, err)
	}
	for _, query := range []string{fullCheck, linkCheck, foldCheck} {
		lines, err := complaints(ctx, db, query)
		if err != nil && len(found) == 0 { // else it may be for want of what is missing
			return failed("checking the database "+path, err)
		}
		found = append(found, lines...)
	}
	if len(found) > 0 {
		return fmt.Errorf("the database %s: %w", path, damaged(found))
	}
	return nil
}

// existing opens a database of ours for a look from outside.
func existing(ctx context.Context, path string) (*sql.DB, error) {
	path, err := locate(path)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(looking(path))
	db.SetMaxOpenConns(1)
	latest, err := steps()
	if err == nil {
		err = look(ctx, db, len(latest))
	}
	if err != nil {
		db.Close()
		return nil, failed("opening the database "+path, err)
	}
	return db, nil
}

// querier is what can be asked.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// complaints returns the lines of a check, but for "ok".
func complaints(ctx context.Context, q querier, check string) (lines []string, err error) {
	rows, err := q.QueryContext(ctx, check)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		if line != "ok" {
			lines = append(lines, line)
		}
	}
	return lines, rows.Err()
}

// quick makes the quick check.
func quick(ctx context.Context, q querier) error {
	lines, err := complaints(ctx, q, quickCheck)
	if err == nil && len(lines) > 0 {
		err = damaged(lines)
	}
	return err
}

func damaged(lines []string) error {
	return fmt.Errorf("%w (%s)", ErrDamaged, strings.ReplaceAll(strings.Join(lines, "; "), "\n", ", "))
}
