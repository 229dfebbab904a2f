package export_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/work"
)

// largeFirst is a folder of a large file, which is read for a while, and a
// small one that comes after it.
func largeFirst(t *testing.T) (e *export.Exporter, large, small string) {
	t.Helper()
	root := t.TempDir()
	large, small = filepath.Join(root, "a"), filepath.Join(root, "b")
	for name, content := range map[string]string{large: "", small: "content"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(large, 48<<20); err != nil {
		t.Fatal(err)
	}
	return both(t, root, newDatabase(t, 1)), large, small
}

// touch overwrites a byte.
func touch(name string, at int64) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte("x"), at)
	return errors.Join(err, f.Close())
}

// A change of the same length after the plan, before a file is read or while it
// is read, is told of.
func TestAChangeAfterThePlanIsToldOf(t *testing.T) {
	for _, format := range []string{"zip", "tar", "tar.gz", "tar.zst"} {
		t.Run(format, func(t *testing.T) {
			e, large, small := largeFirst(t)
			k := task(jobs.Spec{Source: "docs", Format: format})
			changed := false
			k.Keep = func(context.Context, []byte) error {
				if changed {
					return nil
				}
				changed = true
				return errors.Join(touch(large, 0), touch(small, 0))
			}
			if _, err := e.Run(t.Context(), k); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range k.Meter.Warnings() {
				got = append(got, w.Code+" "+w.Path)
			}
			if want := []string{"changed a", "changed b"}; !slices.Equal(got, want) {
				t.Errorf("got the warnings %q, want %q", got, want)
			}
		})
	}
}

// A large file that has changed when the work goes on in the middle of it is
// read anew, from its beginning.
func TestAFileThatChangesInTheMiddleOfAnInterruptionIsReadAnew(t *testing.T) {
	for _, format := range []string{"zip", "tar", "tar.gz", "tar.zst"} {
		t.Run(format, func(t *testing.T) {
			e, large, _ := largeFirst(t)
			spec := jobs.Spec{Source: "docs", Format: format}
			cursor, _, _, err := attempt(t, e, spec, nil, 2)
			if !errors.Is(err, work.ErrStopped) {
				t.Fatal(err)
			}
			info, err := os.Stat(large)
			if err != nil {
				t.Fatal(err)
			}
			// Not even the old time set again hides it.
			if err := errors.Join(touch(large, 0), os.Chtimes(large, info.ModTime(), info.ModTime())); err != nil {
				t.Fatal(err)
			}
			_, got, m, err := attempt(t, e, spec, cursor, 0)
			if err != nil {
				t.Fatal(err)
			}
			if w := m.Warnings(); len(w) != 1 || w[0].Code != "started_over" {
				t.Errorf("got %v, want to be told that the export began anew", w)
			}
			if _, want, _, err := attempt(t, e, spec, nil, 0); err != nil || got != want {
				t.Errorf("got %+v, want %+v (%v)", got, want, err)
			}
		})
	}
}
