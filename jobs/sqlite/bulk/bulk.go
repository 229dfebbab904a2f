// Package bulk has SQLite execute a statement for many rows by one call into C.
//
// Through the driver each value and each row is a call of its own, and these
// cost more than what SQLite does with small rows. Here the values of all rows
// are put one after the other into a buffer ([Rows]), from which the C code takes
// them; SQLite reads them where they are.
//
// A [Database] is a second way to a connection of the driver, whose statements it
// prepares itself. It must not be used at the same time as the connection, nor
// after that is closed, and its statements are to be closed before. Errors of
// SQLite are those of the driver.
package bulk

/*
#cgo CFLAGS: -O2 -Wall -Wextra
#include <stdlib.h>
#include "bulk.h"
*/
import "C"

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"syscall"
	"unsafe"

	"github.com/mattn/go-sqlite3"
)

// Register lets connections that are opened from now on be used by [Of]. It may be
// called more than once.
var Register = sync.OnceValue(func() error {
	if code := C.bulk_register(); code != 0 {
		return fmt.Errorf("extending SQLite: %w", sqlite3.ErrNo(code))
	}
	return nil
})

// A Database is a connection.
type Database struct{ handle C.uintptr_t }

// Of returns the database of a connection that was opened after [Register].
func Of(ctx context.Context, c *sql.Conn) (*Database, error) {
	var handle int64
	if err := c.QueryRowContext(ctx, `SELECT bulk_handle()`).Scan(&handle); err != nil {
		return nil, fmt.Errorf("asking for a handle: %w", err)
	}
	return &Database{C.uintptr_t(handle)}, nil
}

// InTransaction reports whether a transaction has begun and not ended.
func (d *Database) InTransaction() bool { return C.bulk_in_transaction(d.handle) != 0 }

// trouble returns the error behind a code.
func (d *Database) trouble(code C.int) error {
	if code == 0 {
		return nil
	}
	t := C.bulk_trouble(d.handle)
	if t.code&0xff != code&0xff { // it is ours: the rows do not fit the statement
		return sqlite3.Error{Code: sqlite3.ErrNo(code & 0xff), ExtendedCode: sqlite3.ErrNoExtended(code)}
	}
	coded := sqlite3.Error{Code: sqlite3.ErrNo(t.code & 0xff), ExtendedCode: sqlite3.ErrNoExtended(t.extended)}
	if coded.Code == sqlite3.ErrCantOpen || coded.Code == sqlite3.ErrIoErr && coded.ExtendedCode != sqlite3.ErrIoErrNoMem {
		coded.SystemErrno = syscall.Errno(t.system) // of others it says nothing
	}
	text := C.GoString(t.message)
	if text == coded.Code.Error() {
		return coded // which says it already
	}
	return fmt.Errorf("%w: %s", coded, text)
}

// A Statement is prepared.
type Statement struct {
	db   *Database
	stmt *C.sqlite3_stmt
}

// Prepare prepares one statement.
func (d *Database) Prepare(query string) (*Statement, error) {
	text := C.CString(query)
	defer C.free(unsafe.Pointer(text))
	s := C.bulk_prepare(d.handle, text, C.int(len(query)))
	switch code := C.bulk_trouble(d.handle).code; {
	case s != nil:
		return &Statement{d, s}, nil
	case code != 0:
		return nil, d.trouble(code)
	}
	return nil, sqlite3.Error{Code: sqlite3.ErrMisuse} // there is no statement in it
}

// Close ends the statement.
func (s *Statement) Close() error { return s.db.trouble(C.bulk_finalize(s.stmt)) }

// Exec executes the statement for each of rows, in order, until one fails.
func (s *Statement) Exec(rows *Rows) error {
	return s.db.trouble(C.bulk_exec(s.stmt, (*C.uchar)(unsafe.SliceData(rows.data)), C.int64_t(len(rows.data)), C.int64_t(rows.n)))
}

// Number executes the statement, which has no parameters, and returns the number
// that it begins with, or sql.ErrNoRows.
func (s *Statement) Number() (int64, error) {
	var n C.int64_t
	var there C.int
	err := s.db.trouble(C.bulk_number(s.stmt, &n, &there))
	if err == nil && there == 0 {
		err = sql.ErrNoRows
	}
	return int64(n), err
}
