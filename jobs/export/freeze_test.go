package export_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/work"
)

// watched is a place that counts what is staged in it.
type watched struct {
	artifact.Store
	staged int                                        // files that were begun
	begun  func(artifact.Staged, int) artifact.Staged // may put another in the place of the nth; nil: none
}

func (w *watched) Stage(ctx context.Context, id jobs.ID, mark []byte) (artifact.Staged, error) {
	f, err := w.Store.Stage(ctx, id, mark)
	if err == nil && mark == nil {
		w.staged++
		if w.begun != nil {
			f = w.begun(f, w.staged)
		}
	}
	return f, err
}

// restless is a database with a table of each kind, and change, which changes
// all of them.
func restless(t *testing.T, rows int) (file string, change func()) {
	t.Helper()
	file = newDatabase(t, rows)
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	must := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	must(`PRAGMA journal_mode = WAL;
		CREATE TABLE keyed (name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
		INSERT INTO keyed SELECT hex(id * 7919), id FROM orders;
		CREATE VIEW newest AS SELECT note, id AS nr FROM orders ORDER BY id DESC`)
	n := 0
	return file, func() {
		n++
		must(`UPDATE orders SET note = 'changed ' || ? WHERE id % 3 = 0; DELETE FROM orders WHERE id = ?;
			UPDATE keyed SET n = n + 1000; INSERT INTO keyed VALUES (?, 7)`, n, n*5, n, n)
	}
}

var frozenSpecs = map[string]jobs.Spec{
	"a table":               {Source: "shop", Format: "csv", Table: "orders", Columns: []string{"note", "id"}},
	"a table without rowid": {Source: "shop", Format: "jsonl", Table: "keyed"},
	"a view":                {Source: "shop", Format: "csv", Table: "newest"},
}

// Whatever is written to a large table while it is exported, and however often
// the work is interrupted: the file is that of the state in which it began.
func TestALargeTableIsExportedAsItWasAtTheBeginning(t *testing.T) {
	for name, spec := range frozenSpecs {
		t.Run(name, func(t *testing.T) {
			file, change := restless(t, 6000)
			e := both(t, tree(t), file)
			_, want, _, err := attempt(t, e, spec, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			e.Freeze = 1
			place := &watched{Store: e.Artifacts}
			e.Artifacts = place
			var cursor []byte
			for attempts := 1; ; attempts++ {
				last, got, m, err := attempt(t, e, spec, cursor, 2)
				if warned := m.Warnings(); len(warned) > 0 {
					t.Fatalf("got %v, want to go on without a word", warned)
				}
				if err == nil {
					if got != want || attempts < 3 {
						t.Errorf("got %+v in %d attempts, want %+v in some", got, attempts, want)
					}
					break
				}
				if !errors.Is(err, work.ErrStopped) {
					t.Fatal(err)
				}
				cursor = last
				change()
			}
			if place.staged != 2 {
				t.Errorf("got %d files begun, want one copy and one file", place.staged)
			}
			nothingStaged(t, e)
		})
	}
}

// nothingStaged wants the sweep to find nothing.
func nothingStaged(t *testing.T, e *export.Exporter) {
	t.Helper()
	n, err := e.Artifacts.SweepStaged(t.Context(), func(jobs.ID) bool { return false })
	if n != 0 || err != nil {
		t.Errorf("got %d unfinished files left and %v, want none", n, err)
	}
}

func TestASmallTableIsNotCopied(t *testing.T) {
	for _, test := range []struct {
		freeze int64
		want   int // files staged
	}{{0, 1}, {100_000_000, 1}, {50_000, 2}} {
		e := both(t, tree(t), newDatabase(t, 6000)) // of about 30 bytes a row
		e.Freeze = test.freeze
		place := &watched{Store: e.Artifacts}
		e.Artifacts = place
		if _, _, _, err := attempt(t, e, specs[0], nil, 0); err != nil {
			t.Fatal(err)
		}
		if place.staged != test.want {
			t.Errorf("frozen from %d bytes on: got %d files staged, want %d", test.freeze, place.staged, test.want)
		}
		nothingStaged(t, e)
	}
}

// limited is a staged file for which there is no room.
type limited struct{ artifact.Staged }

func (limited) Write([]byte) (int, error) { return 0, artifact.ErrFull }

func TestATableIsReadWhereItLiesIfThereIsNoRoomForACopy(t *testing.T) {
	e := both(t, tree(t), newDatabase(t, 6000))
	_, want, _, err := attempt(t, e, specs[0], nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	e.Freeze = 1
	e.Artifacts = &watched{Store: e.Artifacts, begun: func(f artifact.Staged, n int) artifact.Staged {
		if n == 1 {
			return limited{f}
		}
		return f
	}}
	if _, got, _, err := attempt(t, e, specs[0], nil, 0); err != nil || got != want {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
	nothingStaged(t, e)
}

// A stop in the middle of copying does not wait for its end.
func TestAStopEndsTheCopying(t *testing.T) {
	e := both(t, tree(t), newDatabase(t, 20_000))
	e.Freeze = 1
	stop := make(chan struct{})
	close(stop)
	k := task(specs[0])
	k.Stopping = stop
	if _, err := e.Run(t.Context(), k); !errors.Is(err, work.ErrStopped) {
		t.Errorf("got %v, want %v", err, work.ErrStopped)
	}
	nothingStaged(t, e)
}

func TestADamagedCopyIsMadeAnew(t *testing.T) {
	for name, damage := range map[string]func(copy string) error{
		"gone": os.Remove,
		"cut":  func(copy string) error { return os.Truncate(copy, 1000) },
		"spoiled": func(copy string) error {
			f, err := os.OpenFile(copy, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("spoiled"), 200_000)
			return errors.Join(err, f.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := both(t, tree(t), newDatabase(t, 20_000))
			e.Freeze = 1
			root := t.TempDir()
			place, err := dir.New(root)
			if err != nil {
				t.Fatal(err)
			}
			e.Artifacts = place
			_, want, _, err := attempt(t, e, specs[0], nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			cursor, _, _, err := attempt(t, e, specs[0], nil, 2)
			if !errors.Is(err, work.ErrStopped) {
				t.Fatal(err)
			}
			if err := damage(copyOf(t, root)); err != nil {
				t.Fatal(err)
			}
			_, got, m, err := attempt(t, e, specs[0], cursor, 0)
			if err != nil || got != want {
				t.Errorf("got %+v and %v, want %+v", got, err, want)
			}
			if warned := m.Warnings(); len(warned) != 1 || warned[0].Code != "started_over" || !strings.Contains(warned[0].Message, "copy") {
				t.Errorf("got %v, want one warning that names the copy", warned)
			}
			nothingStaged(t, e)
		})
	}
}

// copyOf finds the copy among the staged files: it is the larger one.
func copyOf(t *testing.T, root string) (largest string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(root, "staged", "*"))
	if err != nil || len(all) != 2 {
		t.Fatalf("got the staged files %v and %v, want two", all, err)
	}
	var size int64
	for _, name := range all {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > size {
			largest, size = name, info.Size()
		}
	}
	return largest
}

func TestACopyDoesNotOutliveItsSource(t *testing.T) {
	e := both(t, tree(t), newDatabase(t, 20_000))
	e.Freeze = 1
	cursor, _, _, err := attempt(t, e, specs[0], nil, 2)
	if !errors.Is(err, work.ErrStopped) {
		t.Fatal(err)
	}
	e.Sources = e.Sources[:1] // docs
	_, _, _, err = attempt(t, e, specs[0], cursor, 0)
	if failure := (*jobs.Failure)(nil); !errors.As(err, &failure) || failure.Code != "unknown_source" {
		t.Errorf("got %v, want a failure that says that the source is not configured", err)
	}
}
