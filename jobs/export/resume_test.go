package export_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source/folder"
	"example.org/carryout/jobs/source/sqlite"
	"example.org/carryout/jobs/work"
)

// newDatabase writes a database of so many orders and returns its file.
func newDatabase(t *testing.T, rows int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop.db")
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO orders SELECT i, 'order ' || i || hex(i * 7919) FROM n`, rows); err != nil {
		t.Fatal(err)
	}
	return file
}

// tree writes a folder with small and large files and returns it.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for n := range 60 {
		name := filepath.Join(root, fmt.Sprintf("%02d.txt", n))
		if err := os.WriteFile(name, bytes.Repeat([]byte(fmt.Sprintf("line %d\n", n)), 1+n*n*40), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

var specs = []jobs.Spec{
	{Source: "shop", Format: "csv", Table: "orders"},
	{Source: "shop", Format: "jsonl", Table: "orders"},
	{Source: "docs", Format: "zip"},
	{Source: "docs", Format: "tar.gz"},
	{Source: "docs", Format: "tar.zst"},
}

// both is an exporter of a folder and a database, which keeps a cursor
// wherever it can.
func both(t *testing.T, root, file string) *export.Exporter {
	t.Helper()
	docs, err := folder.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	shop, err := sqlite.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docs.Close(); shop.Close() })
	e, _ := exporter(t, fake{})
	e.Sources = []export.Named{{Name: "docs", Source: docs}, {Name: "shop", Source: shop}}
	e.SaveBytes, e.SaveEvery = 1, time.Nanosecond
	return e
}

// attempt runs a job until it has kept that many cursors, as if the server
// were stopped then, and returns the last of them.
func attempt(t *testing.T, e *export.Exporter, spec jobs.Spec, from []byte, cursors int) (last []byte, f jobs.File, m *meter.Meter, err error) {
	t.Helper()
	stop := make(chan struct{})
	k := task(spec)
	k.Cursor, k.Stopping = from, stop
	k.Keep = func(_ context.Context, cursor []byte) error {
		last = cursor
		if cursors--; cursors == 0 {
			close(stop)
		}
		return nil
	}
	f, err = e.Run(t.Context(), k)
	return last, f, k.Meter, err
}

func TestAnInterruptedJobEndsAsIfNothingHadHappened(t *testing.T) {
	e := both(t, tree(t), newDatabase(t, 20_000))
	for _, spec := range specs {
		t.Run(spec.Format, func(t *testing.T) {
			_, want, _, err := attempt(t, e, spec, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			var cursor []byte
			attempts := 0
			for {
				attempts++
				last, got, m, err := attempt(t, e, spec, cursor, 2)
				if warned := m.Warnings(); len(warned) > 0 {
					t.Fatalf("got %v, want to go on without a word", warned)
				}
				if err == nil {
					if got != want {
						t.Errorf("got %+v, want %+v", got, want)
					}
					break
				}
				if !errors.Is(err, work.ErrStopped) {
					t.Fatal(err)
				}
				cursor = last
			}
			if attempts < 3 {
				t.Errorf("got %d attempts, want many", attempts)
			}
		})
	}
}

func TestWorkStartsOverWhereItCannotGoOn(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, e *export.Exporter, root, file string)
		want  string
	}{
		{"after a change of a file", func(t *testing.T, _ *export.Exporter, root, file string) {
			if err := os.WriteFile(filepath.Join(root, "00.txt"), []byte("other"), 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite3", file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(`UPDATE orders SET note = 'other' WHERE id = 1`); err != nil {
				t.Fatal(err)
			}
		}, "the source has changed"},
		{"after an upgrade", func(_ *testing.T, e *export.Exporter, _, _ string) {
			for i := range e.Formats {
				e.Formats[i].Version++
			}
		}, "in another way"},
		{"after damage to the unfinished file", func(t *testing.T, e *export.Exporter, _, _ string) {
			if _, err := e.Artifacts.SweepStaged(t.Context(), func(jobs.ID) bool { return false }); err != nil {
				t.Fatal(err)
			}
		}, "not as it was left"},
	} {
		for _, spec := range []jobs.Spec{specs[0], specs[2]} { // one of each kind of source
			t.Run(test.name+" "+spec.Format, func(t *testing.T) {
				root, file := tree(t), newDatabase(t, 20_000)
				e := both(t, root, file)
				cursor, _, _, err := attempt(t, e, spec, nil, 2)
				if !errors.Is(err, work.ErrStopped) {
					t.Fatal(err)
				}
				test.spoil(t, e, root, file)
				_, got, m, err := attempt(t, e, spec, cursor, 0)
				if err != nil {
					t.Fatal(err)
				}
				warned := m.Warnings()
				if len(warned) != 1 || warned[0].Code != "started_over" || !strings.Contains(warned[0].Message, test.want) {
					t.Errorf("got %v, want to be told that %s", warned, test.want)
				}
				if _, want, _, err := attempt(t, e, spec, nil, 0); err != nil || got.SHA256 != want.SHA256 {
					t.Errorf("got %s, want %s (%v)", got.SHA256, want.SHA256, err)
				}
			})
		}
	}
}

func TestACanceledJobGoesOnWhenItIsTriedAgain(t *testing.T) {
	e := both(t, tree(t), newDatabase(t, 20_000))
	for _, spec := range specs {
		t.Run(spec.Format, func(t *testing.T) {
			_, want, _, err := attempt(t, e, spec, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for name, end := range map[string]func(cancel context.CancelCauseFunc) error{
				"seen by the run":    func(context.CancelCauseFunc) error { return jobs.ErrLost },
				"seen by its keeper": func(cancel context.CancelCauseFunc) error { cancel(jobs.ErrLost); return nil },
			} {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				var cursor []byte
				k := task(spec)
				kept := 0
				k.Keep = func(_ context.Context, c []byte) error {
					if kept++; kept == 3 {
						return end(cancel)
					}
					cursor = c
					return nil
				}
				if _, err := e.Run(ctx, k); err == nil {
					t.Fatalf("canceled as %s: got no error", name)
				}
				_, got, m, err := attempt(t, e, spec, cursor, 0)
				if warned := m.Warnings(); err != nil || got != want || len(warned) > 0 {
					t.Errorf("canceled as %s: got %+v, warnings %v, error %v, want %+v", name, got, warned, err, want)
				}
			}
		})
	}
}
