package sqlite_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// filled makes a database of some pages and returns the ids of its jobs.
func filled(t *testing.T, path string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me", Key: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for range 30 {
		if err := work(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAZeroedPageIsFoundBeforeAnythingIsWritten(t *testing.T) {
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "jobs.db"), filepath.Join(folder, "copy.db")
	filled(t, path)
	if err := sqlite.Check(t.Context(), path); err != nil {
		t.Errorf("Check of a sound database: got %v", err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	damages := 0
	for at := page; at < len(whole); at += page {
		damaged := append([]byte(nil), whole...)
		clear(damaged[at : at+page])
		if err := os.WriteFile(copied, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := sqlite.Check(t.Context(), copied); err == nil {
			continue // a page that is not in use
		} else if !errors.Is(err, sqlite.ErrDamaged) {
			t.Errorf("Check with page %d: got error %v, want %v", at/page+1, err, sqlite.ErrDamaged)
		}
		damages++
		s, err := sqlite.Open(t.Context(), copied, sqlite.Options{})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, sqlite.ErrDamaged) {
			t.Errorf("Open with page %d: got error %v, want %v", at/page+1, err, sqlite.ErrDamaged)
		}
		if after, _ := os.ReadFile(copied); string(after) != string(damaged) {
			t.Errorf("page %d: the file was changed", at/page+1)
		}
	}
	if pages := len(whole) / page; damages < pages/2 {
		t.Errorf("got %d pages of %d whose loss is found, want most", damages, pages)
	}
}

func TestCheckFindsAHistoryThatDoesNotFit(t *testing.T) {
	for name, damage := range map[string]string{
		"without its end":       `DELETE FROM events WHERE kind = 'ready'`,
		"without its beginning": `DELETE FROM events WHERE seq = 1`,
		"of a job that is gone": `DELETE FROM jobs WHERE n = 3`,
		"behind what it tells":  `UPDATE jobs SET last_event = last_event - 1`,
		"without its table":     `PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'events'`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "jobs.db")
			filled(t, path)
			query(t, path, damage)
			if err := sqlite.Check(t.Context(), path); err == nil {
				t.Errorf("got no error")
			}
		})
	}
}

func TestCheckSaysWhatTheSchemaLacks(t *testing.T) {
	for name, c := range map[string]struct {
		damage []string
		want   string
	}{
		"an index":          {[]string{`DROP INDEX jobs_owner`}, "the index jobs_owner is missing"},
		"a table":           {[]string{`DROP TABLE ended`}, "the table ended is missing"},
		"the right columns": {[]string{`DROP INDEX jobs_due`, `CREATE INDEX jobs_due ON jobs (n)`}, "the index jobs_due is not as this program makes it"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "jobs.db")
			filled(t, path)
			for _, statement := range c.damage {
				query(t, path, statement)
			}
			if err := sqlite.Check(t.Context(), path); !errors.Is(err, sqlite.ErrDamaged) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %v that says %q", err, sqlite.ErrDamaged, c.want)
			}
		})
	}
}

func TestCheckMindsNothingThatIsThereBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	filled(t, path)
	query(t, path, `CREATE INDEX mine ON jobs (created)`)
	query(t, path, `ANALYZE`)
	if err := sqlite.Check(t.Context(), path); err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

func TestCheckLeavesAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	if err := sqlite.Check(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: got error %v, want %v", err, fs.ErrNotExist)
	}
	if _, err := os.Stat(path); err == nil {
		t.Errorf("without a file: it was made")
	}
	for name, text := range map[string]string{"an empty file": "", "another file": "Dear diary"} {
		write(text)(t, path)
		if err := sqlite.Check(t.Context(), path); !errors.Is(err, sqlite.ErrForeign) {
			t.Errorf("%s: got error %v, want %v", name, err, sqlite.ErrForeign)
		}
	}
}
