package bulk_test

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs/sqlite/bulk"
)

func TestRowsArriveAsTheyWerePut(t *testing.T) {
	c, db := open(t, `CREATE TABLE t (n INTEGER PRIMARY KEY, v)`)
	long := strings.Repeat("long ", 100_000)
	put := []func(*bulk.Rows){
		func(r *bulk.Rows) { r.Null() },
		func(r *bulk.Rows) { r.Int(math.MinInt64) },
		func(r *bulk.Rows) { r.Int(math.MaxInt64) },
		func(r *bulk.Rows) { r.Text("") },
		func(r *bulk.Rows) { r.Text("grüße") },
		func(r *bulk.Rows) { r.Text(long) },
		func(r *bulk.Rows) { r.Blob(nil) },
		func(r *bulk.Rows) { r.Blob([]byte{}) },
		func(r *bulk.Rows) { r.Blob([]byte("a\x00b")) },
	}
	want := []string{"NULL", "-9223372036854775808", "9223372036854775807", "''", "'grüße'", "'" + long + "'", "NULL", "X''", "X'610062'"}

	var rows bulk.Rows
	for i, v := range put {
		rows.Int(int64(i))
		v(&rows)
		rows.Next()
	}
	insert := prepare(t, db, `INSERT INTO t VALUES (?1, ?2)`)
	for range 2 { // a statement may be used again
		if err := insert.Exec(&rows); err != nil {
			t.Fatal(err)
		}
		for i, want := range want {
			var got string
			if err := c.QueryRowContext(t.Context(), `SELECT quote(v) FROM t WHERE n = ?`, i).Scan(&got); err != nil || got != want {
				t.Errorf("row %d: got %.40s (%v), want %.40s", i, got, err, want)
			}
		}
		if err := prepare(t, db, `DELETE FROM t`).Exec(once()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARowThatFailsIsToldAndEndsIt(t *testing.T) {
	_, db := open(t, `CREATE TABLE t (n INTEGER PRIMARY KEY)`)
	var rows bulk.Rows
	for _, n := range []int64{1, 2, 1, 3} {
		rows.Int(n)
		rows.Next()
	}
	err := prepare(t, db, `INSERT INTO t VALUES (?)`).Exec(&rows)
	var coded sqlite3.Error
	if !errors.As(err, &coded) || coded.Code != sqlite3.ErrConstraint || !strings.Contains(err.Error(), "t.n") {
		t.Errorf("got %v, want a constraint on t.n", err)
	}
	if n, err := prepare(t, db, `SELECT sum(n) FROM t`).Number(); err != nil || n != 3 {
		t.Errorf("got rows that sum up to %d (%v), want 3", n, err)
	}
}

func TestRowsThatDoNotFitAreRefused(t *testing.T) {
	_, db := open(t, `CREATE TABLE t (a, b)`)
	insert := prepare(t, db, `INSERT INTO t VALUES (?, ?)`)
	for _, values := range []int64{1, 3} {
		var rows bulk.Rows
		for n := range values {
			rows.Int(n)
		}
		rows.Next()
		var coded sqlite3.Error
		if err := insert.Exec(&rows); !errors.As(err, &coded) || coded.Code != sqlite3.ErrMisuse {
			t.Errorf("%d values: got %v, want misuse", values, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	_, db := open(t, `CREATE TABLE t (n INTEGER PRIMARY KEY)`)
	if n, err := prepare(t, db, `SELECT 7`).Number(); n != 7 || err != nil {
		t.Errorf("got %d, %v, want 7", n, err)
	}
	if _, err := prepare(t, db, `SELECT n FROM t`).Number(); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("got %v, want %v", err, sql.ErrNoRows)
	}
}

func TestTransactionsAreSeen(t *testing.T) {
	_, db := open(t, `CREATE TABLE t (n INTEGER PRIMARY KEY)`)
	for _, c := range []struct {
		query string
		want  bool
	}{{`BEGIN`, true}, {`INSERT INTO t VALUES (1)`, true}, {`COMMIT`, false}} {
		if err := prepare(t, db, c.query).Exec(once()); err != nil {
			t.Fatal(err)
		}
		if got := db.InTransaction(); got != c.want {
			t.Errorf("after %s: got %v, want %v", c.query, got, c.want)
		}
	}
}

func TestWhatCannotBePreparedIsTold(t *testing.T) {
	_, db := open(t, `CREATE TABLE t (n)`)
	if _, err := db.Prepare(`SELECT missing FROM t`); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v, want one that names the column", err)
	}
}

// A database from elsewhere may have views that ask for anything.
func TestNoViewLearnsAnAddress(t *testing.T) {
	c, _ := open(t, `CREATE VIEW v AS SELECT bulk_handle() AS h`)
	var h int64
	if err := c.QueryRowContext(t.Context(), `SELECT h FROM v`).Scan(&h); err == nil {
		t.Errorf("got %x, want an error", h)
	}
}

func open(t *testing.T, schema string) (*sql.Conn, *bulk.Database) {
	t.Helper()
	if err := bulk.Register(); err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite3", filepath.Join(t.TempDir(), "t.db"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(c.Close(), pool.Close()); err != nil {
			t.Error(err)
		}
	})
	if _, err := c.ExecContext(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	db, err := bulk.Of(context.WithoutCancel(t.Context()), c)
	if err != nil {
		t.Fatal(err)
	}
	return c, db
}

func prepare(t *testing.T, db *bulk.Database, query string) *bulk.Statement {
	t.Helper()
	s, err := db.Prepare(query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// once is one row without values.
func once() *bulk.Rows {
	var r bulk.Rows
	r.Next()
	return &r
}
