package sqlite_test

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/sqlite"
)

// database writes a database and returns its file, whose name would mean
// something else if it were not escaped.
func database(t testing.TB, statements string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sh op%41?#.db")
	write(t, file, statements)
	return file
}

func write(t testing.TB, file, statements string) {
	t.Helper()
	db := writer(t, file)
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
}

// writer opens a database as another program would.
func writer(t testing.TB, file string) *sql.DB {
	t.Helper()
	location := (&url.URL{Scheme: "file", Path: file, RawQuery: "_busy_timeout=0"}).String()
	db, err := sql.Open("sqlite3", location)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func open(t testing.TB, file string) *sqlite.Source {
	t.Helper()
	src, err := sqlite.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	})
	return src
}

// rows opens a table until the end of the test.
func rows(t testing.TB, src *sqlite.Source, table string, columns ...string) source.Rows {
	t.Helper()
	data, err := src.Open(t.Context(), jobs.Spec{Table: table, Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := data.Close(); err != nil {
			t.Error(err)
		}
	})
	return data.Rows
}

// all reads every row.
func all(t testing.TB, r source.Rows) (values [][]source.Value, at []source.Position) {
	t.Helper()
	err := r.Each(t.Context(), source.Start, func(p source.Position, row []source.Value) error {
		values, at = append(values, append([]source.Value(nil), row...)), append(at, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return values, at
}
