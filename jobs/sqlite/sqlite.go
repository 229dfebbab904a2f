// Package sqlite keeps jobs in a SQLite database: a [store.Store] for one
// server on one machine.
//
// One goroutine, the writer, makes all changes. Callers hand it functions; it
// runs all that have gathered, and those that join them meanwhile, in one
// transaction, so that they share the wait for the disk. It remembers the jobs
// that are queued or running, and a function decides by that memory: what it
// decides is gathered, and written when there is nothing else to do or the
// transaction ends, each job once in between. A function that fails leaves no
// trace, and when the database refuses what several have decided, each of them
// gets a transaction of its own, so that none suffers from the failure of
// another. Claims wait with the writer too, and are answered in the
// transaction that makes a job free. Nobody waits when a worker tells how its job
// goes: that is gathered as well, and goes with anything else, or together every
// 40 ms. After the commit it tells [store.Notify], and then the callers. Readers
// have connections of their own, and see what has been committed. If another program has written to the database, the
// writer reads anew what it remembers.
//
// A job's row is its fold, and is written together with its events, but for
// progress: of that the newest lies in a table of its own, where many jobs share
// a page, and takes the place of what was told before. What was told lately stays
// in memory, and joins the other events when something else happens to the job.
// The spec, which may be long and never changes, stands in the first event only. Times
// are kept as milliseconds since 1970, UTC. Leases are no part of the database,
// for they end with the process; they run by the time that passes, so that
// setting the clock takes no job from its worker. So does the time for which
// files are kept, by a clock whose marks are in the database (package steady).
//
// Everything is on the disk before a call returns, but for what is only told: WAL
// with synchronous=FULL (https://www.sqlite.org/wal.html). A full disk is
// [store.ErrFull], and a database that another program keeps locked is
// [store.ErrBusy]; both pass by themselves, and reading goes on meanwhile. A full
// disk takes last words even so, out of a [Reserve]. Of progress events only about
// the newest hundred of a job are kept; after a crash, of those that nothing else
// has followed, the last.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"example.org/carryout/jobs/sqlite/bulk"
	"example.org/carryout/jobs/sqlite/spool"
	"example.org/carryout/jobs/steady"
	"example.org/carryout/jobs/store"
)

// Options of a [Store]. The zero value is of use.
type Options struct {
	// Notify is told of every change after its commit, by the writer. It may
	// read from the store, but a write from within it would wait for itself.
	Notify store.Notify

	Lease    time.Duration    // how long a worker may be silent; 0: 30 s
	Attempts int              // starts of a job that loses its worker each time, before it fails; 0: no limit
	Limits   store.Limits     // of each owner
	Messages int              // how many messages to keep; 0: 10,000
	Now      func() time.Time // nil: time.Now

	// Uptime reads what the steady clock goes by; nil: this machine, with Now.
	Uptime  func() steady.Reading
	Reserve Reserve // room for last words on a full disk; nil: none

	// SkipCheck opens the database without looking for damage, which takes
	// about 0.6 s for each GB.
	SkipCheck bool
}

// Store implements [store.Store]. It is closed with Close.
type Store struct {
	path    string
	options Options
	reader  *sql.DB
	writer  *writer
	clock   *clock
	end     func() error // close, which is done once
}

var _ store.Store = (*Store)(nil)

// Open opens the database at path, which it creates if there is none, and
// brings it to the present schema. It reports a file that is no database of
// this program with [ErrForeign], one that a later version has written with
// [ErrNewer], and one that is damaged with [ErrDamaged].
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	s, err := open(ctx, path, o)
	if errors.Is(err, store.ErrFull) && o.Reserve != nil && o.Reserve.Release() {
		s, err = open(ctx, path, o) // the log of recent writes takes room even to be read
	}
	return s, err
}

func open(ctx context.Context, path string, o Options) (*Store, error) {
	o.Lease = cmp.Or(o.Lease, 30*time.Second)
	o.Messages = cmp.Or(max(o.Messages, 0), 10_000)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Uptime == nil {
		o.Uptime = steady.Of(o.Now)
	}
	path, err := prepare(path)
	if err != nil {
		return nil, err
	}
	if err := spool.Register(); err != nil {
		return nil, err
	}
	if err := bulk.Register(); err != nil {
		return nil, err
	}
	db := sql.OpenDB(writing(path))
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, db, !o.SkipCheck); err != nil {
		db.Close()
		return nil, failed("opening the database "+path, err)
	}
	clock, err := startClock(ctx, db, o.Uptime)
	if err != nil {
		db.Close()
		return nil, failed("reading the time of the database "+path, err)
	}
	c, err := newConnection(ctx, db)
	if err != nil {
		db.Close()
		return nil, failed("opening the database "+path, err)
	}
	w, err := newWriter(c, o, clock)
	if err != nil {
		c.close()
		return nil, failed("reading the database "+path, err)
	}
	reader := sql.OpenDB(reading(path))
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	s := &Store{path: path, options: o, reader: reader, writer: w, clock: clock}
	s.end = sync.OnceValue(s.close)
	go w.run()
	return s, nil
}

// Close finishes the writes that have been asked for, answers waiting claims
// with [store.ErrClosed], and waits for the writer to end.
func (s *Store) Close() error { return s.end() }

func (s *Store) close() error {
	_ = s.keepTime(context.Background()) // else the next start goes on from an older mark
	s.writer.close()
	// The writer's connection is the last, so that it can fold the log of
	// recent writes into the database.
	err := s.reader.Close()
	return cmp.Or(s.writer.connection.close(), err)
}

// write runs f in the writer's next transaction and returns when that is
// durable. What f returns undoes what f did, and nothing else.
func (s *Store) write(ctx context.Context, doing string, f func(*tx) error) error {
	return failed(doing, s.writer.do(ctx, f, false))
}

// insist is write for last words, which are worth the reserve.
func (s *Store) insist(ctx context.Context, doing string, f func(*tx) error) error {
	return failed(doing, s.writer.do(ctx, f, true))
}

// read runs f on one state of the database.
func (s *Store) read(ctx context.Context, doing string, f func(*sql.Tx) error) error {
	t, err := s.reader.BeginTx(ctx, nil)
	if err != nil {
		return failed(doing, err)
	}
	defer t.Rollback() // there is nothing to commit
	return failed(doing, f(t))
}
