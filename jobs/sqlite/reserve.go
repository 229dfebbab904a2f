package sqlite

import (
	"errors"

	"github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs/store"
)

// A Reserve is room on the disk of the database that is set aside for last
// words: how a job has ended, that it is put back, canceled, deleted or
// expired, and what a reader must be warned of. When there is no other room,
// the writer has it released, and until it is set aside again nothing else is
// written, so that it suffices.
type Reserve interface {
	// Release gives the room back to the disk, and reports whether there was
	// any to give.
	Release() bool

	// Spent reports whether the room was released and is not set aside again.
	Spent() bool
}

// fold moves the log of recent writes into the database, as far as readers let
// it, after which the log is written from its beginning again
// (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
const fold = `PRAGMA wal_checkpoint(PASSIVE)`

// saving reports whether what is left of the room is for last words only.
func (w *writer) saving() bool { return w.options.Reserve != nil && w.options.Reserve.Spent() }

// admit refuses those of calls that are not last words, and all claims, while
// room is saved.
func (w *writer) admit(calls []*call) (last []*call) {
	if !w.saving() {
		return calls
	}
	for _, c := range calls {
		if c.last {
			last = append(last, c)
		} else if c.take() {
			c.reply(store.ErrFull)
		}
	}
	w.refuse(store.ErrFull)
	return last
}

// alone makes a transaction of one call, and has room made for it if it is
// worth that.
func (w *writer) alone(c *call) {
	b := w.transact([]*call{c}, false)
	if b.deserved() && (w.saving() || w.options.Reserve.Release()) {
		w.fold()
		b = w.transact([]*call{c}, false)
	}
	b.settle()
}

// fold keeps the log of recent writes short while room is saved. It may fail:
// then the log grows.
func (w *writer) fold() {
	if w.saving() {
		_, _ = w.connection.number(fold) // whether it was kept from it
	}
}

// deserved reports whether b was lost for want of room, and holds last words.
func (b *batch) deserved() bool {
	if b.w.options.Reserve == nil || !full(b.broken) {
		return false
	}
	for _, o := range b.calls {
		if o.to.last {
			return true
		}
	}
	return false
}

// full reports whether err says that there is no room.
func full(err error) bool {
	var coded sqlite3.Error
	return errors.As(err, &coded) && meaning(coded) == store.ErrFull
}
