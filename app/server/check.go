package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/sqlite"
)

// Where the parts of a data folder lie.
func databaseIn(data string) string  { return filepath.Join(data, "carryout.db") }
func artifactsIn(data string) string { return filepath.Join(data, "artifacts") }

// An Inventory is what [Check] has found in a data folder.
type Inventory struct {
	Files   int      // of jobs that are ready, the wrong ones among them
	Bytes   int64    // of those files, as their jobs say
	Wrong   []string // what is missing or damaged, a line each
	Orphans []string // what no job has a use for, a line each; the server removes it by itself
}

// Check looks over a data folder, whether or not a server runs on it: all of
// the database, and that each job that is ready has its file. With contents it
// reads the files too and compares their hashes. A database that is damaged is
// an error, which says what to do; what is wrong with files is in the Inventory.
func Check(ctx context.Context, data string, contents bool) (Inventory, error) {
	if err := inhabited(data); err != nil {
		return Inventory{}, err
	}
	if err := sqlite.Check(ctx, databaseIn(data)); err != nil {
		return Inventory{}, mend(data, err)
	}
	v, err := sqlite.Look(ctx, databaseIn(data))
	if err != nil {
		return Inventory{}, err
	}
	defer v.Close() // nothing was written
	files, err := dir.New(artifactsIn(data))
	if err != nil {
		return Inventory{}, fmt.Errorf("opening the folder for files: %w", err)
	}
	c := &checker{jobs: v, files: files, contents: contents}
	err = c.check(ctx)
	return c.found, err
}

// Backup writes the database of a data folder into the new file dst, whole and
// checked, whether or not a server runs. The files are not in it.
func Backup(ctx context.Context, data, dst string) error {
	if err := inhabited(data); err != nil {
		return err
	}
	return wayOut(data, sqlite.Backup(ctx, databaseIn(data), dst))
}

// Restore says how to put a backup in the place of the database of a data
// folder.
func Restore(data, backup string) string {
	db := databaseIn(data)
	return fmt.Sprintf("stop the server, move %s, %s-wal and %s-shm away, copy %s to %s, and start the server again", db, db, db, backup, db)
}

// inhabited wants a data folder in which a server has run.
func inhabited(data string) error {
	if _, err := os.Stat(databaseIn(data)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database in the data folder %s: name the folder of the server with -data", data)
	} else if err != nil {
		return fmt.Errorf("looking for the database: %w", err)
	}
	return nil
}

// wayOut adds to what is wrong with a database where to learn more, and what to
// do about it.
func wayOut(data string, err error) error {
	if isDamage(err) {
		err = fmt.Errorf("%w; \"carryout check -data %s\" says what is wrong with it", err, data)
	}
	return mend(data, err)
}

// mend adds to what is wrong with a database what to do about it.
func mend(data string, err error) error {
	if !isDamage(err) {
		return err
	}
	db := databaseIn(data)
	return fmt.Errorf("%w; to go back to a backup, %s; if there is none, stop the server, and \"sqlite3 %s .recover | sqlite3 saved.db\" "+
		"writes what can be read into a file to be put in its place (with the sqlite3 of sqlite.org: some distributions build it without)", err, Restore(data, "what \"carryout backup\" has written"), db)
}

func isDamage(err error) bool {
	return errors.Is(err, sqlite.ErrDamaged) || errors.Is(err, sqlite.ErrForeign)
}
