package sqlite

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// What [Open] and [Check] report of a file, which Open then leaves alone.
var (
	ErrForeign = errors.New("the file is not a database of Carryout")
	ErrNewer   = errors.New("the database was written by a later version of Carryout")
	ErrDamaged = errors.New("the database is damaged")
)

// failed says what was being done when err came up. Facts that callers decide
// upon pass as they are, and codes of SQLite that mean one become it.
func failed(doing string, err error) error {
	if err == nil {
		return nil // at once: what stands below is allocated where it is declared
	}
	var state *jobs.StateError
	var limit *store.LimitError
	var coded sqlite3.Error
	switch {
	case errors.As(err, &state), errors.As(err, &limit), errors.Is(err, jobs.ErrNotFound), errors.Is(err, jobs.ErrLost),
		errors.Is(err, jobs.ErrKeyReused), errors.Is(err, store.ErrCursor), errors.Is(err, store.ErrClosed):
		return err
	case errors.As(err, &coded):
		if fact := meaning(coded); fact != nil {
			return fmt.Errorf("%s: %w (%w)", doing, fact, err)
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// meaning returns the fact that an error of SQLite stands for, or nil. Some
// writes to a full disk, such as those to the shared memory, fail as any other
// would but for the number that the system gave
// (https://www.sqlite.org/rescode.html).
func meaning(coded sqlite3.Error) error {
	if coded.SystemErrno == syscall.ENOSPC || coded.SystemErrno == syscall.EDQUOT {
		return store.ErrFull
	}
	switch coded.Code {
	case sqlite3.ErrFull:
		return store.ErrFull
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return store.ErrBusy
	case sqlite3.ErrNotADB:
		return ErrForeign
	case sqlite3.ErrCorrupt:
		return ErrDamaged
	}
	return nil
}
