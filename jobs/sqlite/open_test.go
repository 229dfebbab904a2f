package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

func TestEveryConnection(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{})
	for pragma, want := range map[string]string{
		"synchronous":  "2", // FULL
		"journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "5000",
	} {
		got, err := s.Pragmas(t.Context(), pragma)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, slices.Repeat([]string{want}, 9)) {
			t.Errorf("%s: got %v, want %s on each of 9", pragma, got, want)
		}
	}
	if got, _ := s.Pragmas(t.Context(), "query_only"); !slices.Equal(got[1:], slices.Repeat([]string{"1"}, 8)) || got[0] != "0" {
		t.Errorf("query_only: got %v, want it for readers only", got)
	}
}

func TestReopen(t *testing.T) {
	// The name holds what has a meaning in the URI that SQLite is given.
	path := filepath.Join(t.TempDir(), "a b?c%41#d;e&mode=memory.db")
	var last int64
	var ids []jobs.ID
	for round := range 3 {
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		j, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me", Key: fmt.Sprint(round)})
		if err != nil || j.Place != round+1 {
			t.Errorf("round %d: got place %d, error %v", round, j.Place, err)
		}
		ids = append(ids, j.ID)
		if again, existed, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me", Key: "0"}); !existed || again.ID != ids[0] || err != nil {
			t.Errorf("round %d: the first key: got %s, existed %v, error %v", round, again.ID, existed, err)
		}
		if counts, _ := s.Count(t.Context()); counts[jobs.Queued] != int64(round+1) {
			t.Errorf("round %d: got %v", round, counts)
		}
		if got, err := s.LastMessage(t.Context()); got != last || err != nil {
			t.Errorf("round %d: got message %d, error %v, want %d", round, got, err, last)
		}
		last += 5
		if err := s.Keep(t.Context(), []store.Message{{Seq: last, Name: "message", Data: "hello"}}); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	s := open(t, path, sqlite.Options{})
	for _, want := range ids {
		if l, err := s.Claim(t.Context(), "worker"); err != nil || l.Job.ID != want {
			t.Errorf("Claim: got %s, error %v, want %s", l.Job.ID, err, want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, error %v, want 0600", info.Mode(), err)
	}
}

func TestMigrations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	n, err := sqlite.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"empty", "migrated"} {
		if err := open(t, path, sqlite.Options{}).Close(); err != nil {
			t.Fatal(err)
		}
		if got := query(t, path, `PRAGMA user_version`); got != int64(n) {
			t.Errorf("from %s: got version %v, want %d", when, got, n)
		}
		if got := query(t, path, `SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND NOT strict`); got != int64(0) {
			t.Errorf("from %s: got %v tables that are not STRICT", when, got)
		}
	}
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) != n {
		t.Fatalf("got files %v, error %v, want %d", files, err, n)
	}
	for i, f := range files {
		if want := fmt.Sprintf("%04d_", i+1); filepath.Base(f)[:len(want)] != want {
			t.Errorf("file %d: got %s, want a name that begins with %s", i+1, f, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	ours := func(change string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := open(t, path, sqlite.Options{}).Close(); err != nil {
				t.Fatal(err)
			}
			query(t, path, change)
		}
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"a newer schema", ours(`PRAGMA user_version = 1000`), sqlite.ErrNewer},
		{"a file that is no database", write("Dear diary, this is no database, but long enough to be taken for one. " + string(make([]byte, 4096))), sqlite.ErrForeign},
		{"a short file", write("x"), sqlite.ErrForeign},
		{"a database of another program", func(t *testing.T, path string) { query(t, path, `CREATE TABLE orders (id)`) }, sqlite.ErrForeign},
		{"a database with another mark", func(t *testing.T, path string) { query(t, path, `PRAGMA application_id = 7`) }, sqlite.ErrForeign},
		{"a folder", func(t *testing.T, path string) { mkdir(t, path) }, nil},
		{"a path without its folder", func(t *testing.T, path string) { os.Remove(filepath.Dir(path)) }, fs.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "data")
			mkdir(t, folder)
			path := filepath.Join(folder, "jobs.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err == nil {
				s.Close()
				t.Fatal("got no error")
			}
			t.Log(err)
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got error %v, want %v", err, c.want)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Errorf("the file was changed")
			}
		})
	}
}

func write(text string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

// query runs one statement with a connection that knows nothing of us, and
// returns the first value, if there is one.
func query(t *testing.T, path, statement string) (v any) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(statement).Scan(&v); err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatalf("%s: %v", statement, err)
	}
	return v
}
