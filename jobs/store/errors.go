package store

import "errors"

// Facts that any store may report, bare or wrapped.
var (
	// ErrCursor reports a page cursor that no List has returned.
	ErrCursor = errors.New("not a cursor of this list")

	// ErrFull reports that there is no room to write. Reading goes on, and so
	// does writing once there is room again.
	ErrFull = errors.New("the disk is full")

	// ErrBusy reports that somebody else kept the store from writing for
	// longer than it waits.
	ErrBusy = errors.New("the store is held by another program")

	// ErrClosed reports a call to a store that has been closed.
	ErrClosed = errors.New("the store is closed")
)
