// Package spool has SQLite hand over what it appends to its log of recent writes
// in one piece for each transaction.
//
// SQLite writes each changed page to the log (https://www.sqlite.org/wal.html) by
// two calls to the system, one for the head of the frame and one for the page. For
// small transactions these calls cost more than all else that SQLite does. This
// package is a virtual file system (https://www.sqlite.org/vfs.html) in front of
// the default one: of the log it gathers what is written end to end, up to 120
// KiB, and writes it when the last frame of a transaction is whole. All other
// files are the default one's.
//
// A connection that uses it must have PRAGMA cache_spill = OFF and synchronous =
// FULL (https://www.sqlite.org/pragma.html). Then SQLite writes to the log while it
// commits and at no other time, in order, and syncs it in the end. So nothing is
// left of a transaction that was undone, which could be written over what somebody
// else has committed since; and nobody can tell the difference. Others look at no
// frame that was not committed. An error is told at the end of the transaction at
// the latest, which SQLite then undoes.
//
// It is written in C, as the calls of SQLite are.
package spool

/*
#cgo CFLAGS: -O2 -Wall -Wextra
#include "spool.h"
*/
import "C"

import (
	"fmt"
	"sync"

	_ "github.com/mattn/go-sqlite3" // SQLite itself
)

// Name is what connections name to use it, as vfs=Name in their URI. Before,
// [Register] is called.
const Name = C.SPOOL_NAME

// Register makes it known to SQLite. It may be called more than once.
var Register = sync.OnceValue(func() error {
	if code := C.spool_register(); code != 0 {
		return fmt.Errorf("registering a virtual file system: code %d of SQLite", int(code))
	}
	return nil
})
