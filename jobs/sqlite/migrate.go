package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

// application marks a file as a database of this program: "Cout", in the
// header field that SQLite keeps for that.
const application = 0x436f7574

// migrations holds the steps from an empty file to the present schema. The
// number in front is the schema version that a step leads to.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the database to the present schema, each step in a
// transaction of its own. It changes nothing in a file that is not ours, nor,
// if it is to check that first, in one that is damaged.
func migrate(ctx context.Context, db *sql.DB, check bool) error {
	steps, err := steps()
	if err != nil {
		return err
	}
	if err := look(ctx, db, len(steps)); err != nil {
		return err
	}
	if check {
		if err := quick(ctx, db); err != nil {
			return err
		}
	}
	if _, err := db.ExecContext(ctx, `PRAGMA journal_mode = WAL`); err != nil { // kept in the file
		return err
	}
	for {
		done, err := step(ctx, db, steps)
		if done || err != nil {
			return err
		}
	}
}

// steps returns the names of the migrations, in order.
func steps() ([]string, error) { return fs.Glob(migrations, "migrations/*.sql") }

// look reports a database that is not ours, or of a schema beyond latest.
func look(ctx context.Context, db *sql.DB, latest int) error {
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback() // nothing was written
	version, err := schema(ctx, t)
	if err == nil && version > latest {
		err = fmt.Errorf("%w (schema %d, this one knows %d): start that version again", ErrNewer, version, latest)
	}
	return err
}

// step applies the next of steps, and reports whether there was none.
func step(ctx context.Context, db *sql.DB, steps []string) (done bool, err error) {
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer t.Rollback() // does nothing after a commit
	version, err := schema(ctx, t)
	if err != nil || version >= len(steps) {
		return true, err
	}
	text, err := migrations.ReadFile(steps[version])
	if err != nil {
		return false, err
	}
	if _, err := t.ExecContext(ctx, string(text)); err != nil {
		return false, fmt.Errorf("%s: %w", steps[version], err)
	}
	mark := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", application, version+1)
	if _, err := t.ExecContext(ctx, mark); err != nil {
		return false, err
	}
	return false, t.Commit()
}

// schema returns the version of the schema, 0 in an empty file.
func schema(ctx context.Context, t *sql.Tx) (version int, err error) {
	const selectMarks = `
		SELECT (SELECT application_id FROM pragma_application_id),
			(SELECT user_version FROM pragma_user_version),
			(SELECT count(*) FROM sqlite_schema)`
	var owner, tables int
	if err := t.QueryRowContext(ctx, selectMarks).Scan(&owner, &version, &tables); err != nil {
		return 0, err
	}
	if owner != application && (owner != 0 || version != 0 || tables != 0) {
		return 0, ErrForeign
	}
	return version, nil
}
