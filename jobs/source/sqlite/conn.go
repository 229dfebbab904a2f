package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs"
)

const (
	patience = 5 * time.Second       // with a database that is locked
	glance   = time.Second           // the same, and all of Preview, where a page waits
	nap      = 20 * time.Millisecond // between two looks at it
)

// A conn is a connection that sees one state of the database. One goroutine
// uses it at a time.
//
// It is the driver's own and not one of database/sql: a row costs half as
// much, and a query can be interrupted all the same.
type conn struct{ *sqlite3.SQLiteConn }

// connect opens the database for reading, and begins to see the state it is in
// now. The caller closes it. It waits a while for a database that is locked.
func connect(ctx context.Context, file string) (*conn, error) {
	return connectWithin(ctx, file, patience)
}

// connectWithin is connect that waits so long for a database that is locked.
func connectWithin(ctx context.Context, file string, wait time.Duration) (*conn, error) {
	until := time.NewTimer(wait)
	defer until.Stop()
	again := time.NewTicker(nap)
	defer again.Stop()
	for {
		c, err := try(ctx, file)
		if !busy(err) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-until.C:
			return nil, err
		case <-again.C:
		}
	}
}

// try is connect without waiting. SQLite is told not to wait for locks either,
// because such a wait cannot be interrupted, and not to lock itself (_mutex),
// because only one goroutine is here at a time: rows come half as fast again.
func try(ctx context.Context, file string) (*conn, error) {
	location := url.URL{Scheme: "file", Path: file, RawQuery: "mode=ro&_busy_timeout=0&_query_only=1&_mutex=no"}
	opened, err := (&sqlite3.SQLiteDriver{}).Open(location.String())
	if err != nil {
		return nil, explain(err)
	}
	c := &conn{opened.(*sqlite3.SQLiteConn)}
	if err := c.begin(ctx); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// A view may use no function that does more than compute. A view that joins
// looks into the same pages again and again: 16 MiB hold more of them than the
// 2 MiB that are usual.
const begin = `PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384; BEGIN`

// firstLook is what makes SQLite fix the state that is seen.
const firstLook = `SELECT count(*) FROM sqlite_schema`

func (c *conn) begin(ctx context.Context) error {
	if _, err := c.ExecContext(ctx, begin, nil); err != nil {
		return explain(err)
	}
	_, err := c.number(ctx, firstLook)
	return err
}

// each calls row with each row that a query gives, until it returns an error,
// which each then returns. The values of a row are used again for the next.
func (c *conn) each(ctx context.Context, query string, args []any, row func([]driver.Value) error) error {
	named := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	result, err := c.QueryContext(ctx, query, named)
	if err != nil {
		return explain(err)
	}
	defer result.Close() // repeats the error of Next, if there was one
	values := make([]driver.Value, len(result.Columns()))
	for {
		switch err := result.Next(values); {
		case err == io.EOF:
			return nil
		case err != nil:
			return explain(err)
		}
		if err := row(values); err != nil {
			return err
		}
	}
}

// number returns the one whole number that a query gives, 0 for NULL.
func (c *conn) number(ctx context.Context, query string) (n int64, err error) {
	err = c.each(ctx, query, nil, func(v []driver.Value) error {
		n, _ = v[0].(int64)
		return nil
	})
	return n, err
}

func (c *conn) close() { _ = c.SQLiteConn.Close() } // was only read

func busy(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked)
}

// brokenQuery is the code of a Failure that is the fault of the schema.
const brokenQuery = "query_failed"

// explain turns an error of the driver into one for people, where it tells
// them something. The driver's own, which is for the log, can still be found in
// it.
func explain(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	failure := &jobs.Failure{}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		failure.Code, failure.Message = "source_busy", "The database of this source is locked by another program. Try again in a while."
	case sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrAuth, sqlite3.ErrReadonly:
		failure.Code, failure.Message = "source_gone", "The database of this source is not there, or may not be read. Ask whoever runs this server."
	case sqlite3.ErrNotADB, sqlite3.ErrCorrupt, sqlite3.ErrFormat:
		failure.Code, failure.Message = "source_damaged", "The file of this source is not a database, or is damaged. Ask whoever runs this server."
	case sqlite3.ErrIoErr:
		failure.Code, failure.Message = "source_unreadable", "The database of this source could not be read. Ask whoever runs this server."
	case sqlite3.ErrError:
		failure.Code, failure.Message = brokenQuery, "The database could not work this table or view out. Ask whoever runs this server."
	default:
		return fmt.Errorf("reading the database: %w", err)
	}
	return fmt.Errorf("%w (%w)", failure, err)
}
