// Package sourcetest tests what package source promises, for any source that
// holds something: hand it a source and a spec of it that can be exported.
//
// What goes wrong is reported to the test it is given.
package sourcetest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"reflect"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// Files tests that what src holds, as far as spec selects it, keeps the
// promises of [source.Files].
func Files(t *testing.T, src source.Source, spec jobs.Spec) {
	t.Helper()
	files := open(t, src, spec).Files
	if files == nil {
		t.Fatal("the source did not give files")
	}
	plan, err := files.Plan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a plan is in order and adds up", func(t *testing.T) { checkPlan(t, plan) })
	t.Run("counts grow while it is planned", func(t *testing.T) { checkFound(t, files, plan) })
	t.Run("regular files read as planned", func(t *testing.T) { readAll(t, files, plan) })
	t.Run("canceled work stops", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := files.Plan(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("Plan: got %v, want %v", err, context.Canceled)
		}
		if _, err := files.Open(ctx, plan.Entries[0]); !errors.Is(err, context.Canceled) {
			t.Errorf("Open: got %v, want %v", err, context.Canceled)
		}
	})
	t.Run("what is not there cannot be opened", func(t *testing.T) {
		_, err := files.Open(t.Context(), source.Entry{Path: "there is/no such thing"})
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v, want %v", err, fs.ErrNotExist)
		}
	})
}

func checkPlan(t *testing.T, plan source.Plan) {
	var sum int64
	seen := map[string]bool{}
	last := ""
	for _, e := range plan.Entries {
		if source.ComparePaths(e.Path, last) <= 0 {
			t.Errorf("got %q after %q, want them sorted", e.Path, last)
		}
		for above := path.Dir(e.Path); above != "."; above = path.Dir(above) {
			if mode, ok := planned(plan, above); ok && (!seen[above] || !mode.IsDir()) {
				t.Errorf("%q comes before the folder that holds it", e.Path)
			}
		}
		if e.Mode&^(fs.ModePerm|fs.ModeDir|fs.ModeSymlink) != 0 {
			t.Errorf("%q: got mode %v, want a file, a folder or a link", e.Path, e.Mode)
		}
		if (e.Mode.Type() == fs.ModeSymlink) != (e.Target != "") {
			t.Errorf("%q: got mode %v with target %q", e.Path, e.Mode, e.Target)
		}
		if !e.Mode.IsRegular() && e.Size != 0 {
			t.Errorf("%q: got size %d, want 0 of what is no file", e.Path, e.Size)
		}
		seen[e.Path], last = true, e.Path
		sum += e.Size
	}
	if plan.Bytes != sum {
		t.Errorf("got %d bytes in all, want %d", plan.Bytes, sum)
	}
}

func planned(plan source.Plan, path string) (fs.FileMode, bool) {
	for _, e := range plan.Entries {
		if e.Path == path {
			return e.Mode, true
		}
	}
	return 0, false
}

func checkFound(t *testing.T, files source.Files, plan source.Plan) {
	var items, bytes int64
	again, err := files.Plan(t.Context(), func(i, b int64) {
		if i < items || b < bytes {
			t.Errorf("counts went back from %d, %d to %d, %d", items, bytes, i, b)
		}
		items, bytes = i, b
	})
	if err != nil {
		t.Fatal(err)
	}
	if items != int64(len(plan.Entries)) || bytes != plan.Bytes {
		t.Errorf("got %d items and %d bytes, want %d and %d", items, bytes, len(plan.Entries), plan.Bytes)
	}
	if !reflect.DeepEqual(again, plan) {
		t.Error("a second plan differs from the first")
	}
}

func readAll(t *testing.T, files source.Files, plan source.Plan) {
	for _, e := range plan.Entries {
		if !e.Mode.IsRegular() {
			continue
		}
		f, err := files.Open(t.Context(), e)
		if err != nil {
			t.Error(err)
			continue
		}
		n, err := io.Copy(io.Discard, f)
		if err != nil || n != e.Size {
			t.Errorf("%q: got %d bytes and error %v, want %d", e.Path, n, err, e.Size)
		}
		if err := f.Close(); err != nil {
			t.Errorf("%q: closing: %v", e.Path, err)
		}
	}
}

// open checks spec, and opens it until the end of the test.
func open(t *testing.T, src source.Source, spec jobs.Spec) source.Data {
	t.Helper()
	if err := src.Check(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	data, err := src.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := data.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return data
}
