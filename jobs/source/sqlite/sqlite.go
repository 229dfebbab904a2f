// Package sqlite is a source that is a SQLite database, of which tables and
// views can be exported.
//
// Nobody sends SQL: a table and its columns are names, looked up in the schema
// and quoted. A [Source] holds no connection. Every job has one of its own,
// which can only read, and which sees one state of the database from
// [Source.Open] to the end, whatever others write meanwhile. In WAL mode they
// are not kept from it; in the rollback modes SQLite lets them commit only
// once the job has read what it reads.
//
// Rows of a table come in the order of its rowid, which is their position; of
// a table WITHOUT ROWID in that of its primary key; of a view or a virtual
// table as its own query gives them: whoever needs a certain order there writes
// ORDER BY into the view. Positions of the last three count from 1. Values are
// as they are stored, whatever the column was declared to hold.
//
// A table whose definition does not work any more (a view of a table that was
// dropped, a virtual table whose module is missing) is not listed, and Check
// says so. The tables in which virtual tables keep their own (shadow tables,
// see pragma table_list in https://sqlite.org/pragma.html) are not listed
// either.
//
// Sizes are bytes. A database that is gone, damaged or locked for seconds on
// end is a [*jobs.Failure]; where a page waits, one second is the end. No
// message holds a path or SQL.
package sqlite

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/lately"
)

const (
	recount  = 5 * time.Minute  // how old the counts may become
	counting = 10 * time.Second // the longest that one table is counted
)

// A Source is a database. Open makes one.
type Source struct {
	file   string // absolute
	header *header
	counts lately.Value[counts]
}

// counts are what is known of the tables. They are not changed once published.
type counts struct {
	tables int64
	rows   map[string]int64
}

// Open returns the database in a file, which has to be there. It starts to
// count its rows, which Close ends.
func Open(file string) (*Source, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("locating the database: %w", err)
	}
	s := &Source{file: file, header: &header{path: file}}
	if _, err := s.tables(context.Background()); err != nil {
		return nil, fmt.Errorf("opening the database %s: %w", file, err)
	}
	s.counts = lately.Value[counts]{Find: s.count, Age: recount}
	s.counts.Get()
	return s, nil
}

// About implements [source.Source].
func (s *Source) About(context.Context) (source.About, error) {
	a := source.About{Kind: source.KindDatabase}
	if c, known := s.counts.Get(); known {
		a.Items = jobs.Known(c.tables)
	}
	if info, err := os.Stat(s.file); err == nil {
		a.Bytes = jobs.Known(info.Size())
	}
	return a, nil
}

// Tables implements [source.Database].
func (s *Source) Tables(ctx context.Context) ([]source.Table, error) {
	tables, err := s.tablesWithin(ctx, glance)
	if err != nil {
		return nil, err
	}
	c, _ := s.counts.Get()
	out := make([]source.Table, len(tables))
	for i, t := range tables {
		out[i] = source.Table{Name: t.name, View: t.kind == view, Columns: t.columns}
		if n, known := c.rows[t.name]; known {
			out[i].Rows = jobs.Known(n)
		}
	}
	return out, nil
}

func (s *Source) tables(ctx context.Context) ([]table, error) {
	return s.tablesWithin(ctx, patience)
}

// tablesWithin waits so long for a database that is locked.
func (s *Source) tablesWithin(ctx context.Context, wait time.Duration) ([]table, error) {
	c, err := connectWithin(ctx, s.file, wait)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return c.tables(ctx)
}

// count counts the rows of every table, each with a connection of its own, so
// that no state of the database is held for long.
func (s *Source) count(ctx context.Context, publish func(counts)) error {
	tables, err := s.tables(ctx)
	if err != nil {
		return err
	}
	before, _ := s.counts.Get()
	now := make(map[string]int64, len(tables))
	for _, t := range tables {
		if n, known := before.rows[t.name]; known {
			now[t.name] = n
		}
	}
	publish(counts{int64(len(tables)), maps.Clone(now)})
	for _, t := range tables {
		n, err := s.countOf(ctx, t)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		delete(now, t.name)
		if err == nil {
			now[t.name] = n
		}
		publish(counts{int64(len(tables)), maps.Clone(now)})
	}
	return nil
}

func (s *Source) countOf(ctx context.Context, t table) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, counting)
	defer cancel()
	c, err := connect(ctx, s.file)
	if err != nil {
		return 0, err
	}
	defer c.close()
	return c.count(ctx, t)
}

// Check implements [source.Source].
func (s *Source) Check(ctx context.Context, spec jobs.Spec) error {
	if err := checkSpec(spec); err != nil {
		return err
	}
	c, err := connect(ctx, s.file)
	if err != nil {
		return err
	}
	defer c.close()
	_, err = c.selected(ctx, spec)
	return err
}

// Open implements [source.Source].
func (s *Source) Open(ctx context.Context, spec jobs.Spec) (source.Data, error) {
	if err := checkSpec(spec); err != nil {
		return source.Data{}, err
	}
	c, seen, err := s.header.connect(ctx, func() (*conn, error) { return connect(ctx, s.file) })
	if err != nil {
		return source.Data{}, err
	}
	r, err := c.open(ctx, spec)
	if err != nil {
		c.close()
		return source.Data{}, err
	}
	r.header, r.seen = s.header, seen
	return source.Data{Rows: r}, nil
}

// open makes the rows that spec selects.
func (c *conn) open(ctx context.Context, spec jobs.Spec) (*rows, error) {
	t, err := c.selected(ctx, spec)
	if err != nil {
		return nil, err
	}
	key, err := c.keyOf(ctx, t)
	if err != nil {
		return nil, err
	}
	return &rows{conn: c, table: t, key: key}, nil
}

// Close implements [source.Source].
func (s *Source) Close() error {
	s.counts.Close()
	s.header.close()
	return nil
}
