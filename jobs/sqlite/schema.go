package sqlite

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
)

// selectSchema lists what a database is made of, and by which statement. What
// SQLite counts for itself is left out.
const selectSchema = `
	SELECT type || ' ' || name, ifnull(sql, '') FROM sqlite_schema
	WHERE name NOT LIKE 'sqlite\_stat%' ESCAPE '\'`

// compareSchema returns what a database lacks of its schema, or has in another
// form, a line each. More than there should be does no harm.
func compareSchema(ctx context.Context, db *sql.DB) (lines []string, err error) {
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer t.Rollback() // nothing was written
	version, err := schema(ctx, t)
	if err != nil {
		return nil, err
	}
	got, err := readSchema(ctx, t)
	if err != nil {
		return nil, err
	}
	want, err := made(ctx, version)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch by, ok := got[name]; {
		case !ok:
			lines = append(lines, "the "+name+" is missing")
		case by != want[name]:
			lines = append(lines, "the "+name+" is not as this program makes it")
		}
	}
	return lines, nil
}

// made returns the schema of a new database of that version.
func made(ctx context.Context, version int) (map[string]string, error) {
	steps, err := steps()
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close() // nothing is kept
	db.SetMaxOpenConns(1)
	for _, step := range steps[:version] {
		text, err := migrations.ReadFile(step)
		if err != nil {
			return nil, err
		}
		if _, err := db.ExecContext(ctx, string(text)); err != nil {
			return nil, err
		}
	}
	return readSchema(ctx, db)
}

// readSchema returns by which statements a database was made, without regard to
// the room between their words.
func readSchema(ctx context.Context, q querier) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, selectSchema)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[string]string)
	for rows.Next() {
		var name, by string
		if err := rows.Scan(&name, &by); err != nil {
			return nil, err
		}
		found[name] = strings.Join(strings.Fields(by), " ")
	}
	return found, rows.Err()
}
