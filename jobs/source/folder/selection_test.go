package folder_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"example.org/carryout/jobs"
)

func TestCheckRefusesWhatCannotWork(t *testing.T) {
	root := mixed(t)
	src := open(t, root)
	many := make([]string, 10_001)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, c := range []struct {
		spec        jobs.Spec
		field, code string
	}{
		{jobs.Spec{Paths: []string{""}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{"."}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{"readme.md", ".."}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{"../" + filepath.Base(root)}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{"reports/../../x"}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{"/etc/passwd"}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{"reports//2026"}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{"reports/"}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{"./reports"}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{"readme.md\x00.png"}}, "paths", "bad_path"},
		{jobs.Spec{Paths: []string{strings.Repeat("x", 10_000)}}, "paths", "path_too_long"},
		{jobs.Spec{Paths: []string{strings.Repeat("x/", 2000) + "x"}}, "paths", "no_such_path"},
		{jobs.Spec{Paths: []string{strings.Repeat("x", 300)}}, "paths", "no_such_path"},
		{jobs.Spec{Paths: many}, "paths", "too_many_paths"},
		{jobs.Spec{Paths: []string{"readme.md", "nothing"}}, "paths", "no_such_path"},
		{jobs.Spec{Paths: []string{"readme.md/x"}}, "paths", "no_such_path"},
		{jobs.Spec{Paths: []string{`..\..\etc`}}, "paths", "no_such_path"},
		{jobs.Spec{Paths: []string{`C:\Windows`}}, "paths", "no_such_path"},
		{jobs.Spec{Paths: []string{"readme.md", "pipe"}}, "paths", "special_file"},
		{jobs.Spec{Paths: []string{"sock"}}, "paths", "special_file"},
		{jobs.Spec{Paths: []string{"abs/passwd"}}, "paths", "through_link"},
		{jobs.Spec{Paths: []string{"circle/readme.md"}}, "paths", "through_link"},
		{jobs.Spec{Paths: []string{"circle/circle/reports/2026"}}, "paths", "through_link"},
		{jobs.Spec{Table: "orders"}, "table", "does_not_fit"},
		{jobs.Spec{Columns: []string{"id"}}, "columns", "does_not_fit"},
	} {
		err := src.Check(t.Context(), c.spec)
		var spec *jobs.SpecError
		if !errors.As(err, &spec) || spec.Field != c.field || spec.Code != c.code {
			t.Errorf("%.40q: got %v, want %s of %s", c.spec.Paths, err, c.code, c.field)
			continue
		}
		if !utf8.ValidString(spec.Message) || len(spec.Message) > 500 || strings.Contains(spec.Message, root) {
			t.Errorf("%.40q: got the message %q", c.spec.Paths, spec.Message)
		}
	}
}

func TestPathsThatHaveGoneSinceCheckAreWarnings(t *testing.T) {
	root := tree(t, map[string]string{"a": "a", "b/c": "c", "d": "d"})
	f := files(t, root, "a", "b/c", "d")
	must(t, os.RemoveAll(root+"/b"))
	replace(t, root+"/d", false, "fifo")
	if got, want := lines(plan(t, f)), "a\n(vanished) b/c\n(special_file) d"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	must(t, os.Remove(root+"/a"))
	_, err := f.Plan(t.Context(), nil)
	var failure *jobs.Failure
	if !errors.As(err, &failure) || failure.Code != "nothing_left" {
		t.Errorf("with nothing left: got %v, want nothing_left", err)
	}
}

// The judges are fs.ValidPath and filepath.IsLocal, of which one minds names
// that are not UTF-8 and the other allows what is not clean.
func FuzzPathsStayBelowTheRoot(f *testing.F) {
	for _, path := range []string{"a", "a/b", "..", "a/..", "/a", "a//b", "a/", ".", "", "a/./b", "a\x00", "\xff", `a\..\b`, "...", "..a", "link/x"} {
		f.Add(path)
	}
	root := f.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(root, "in"), 0o755), os.WriteFile(filepath.Join(root, "out"), nil, 0o644),
		os.Symlink("..", filepath.Join(root, "in", "link"))); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		src := open(t, filepath.Join(root, "in"))
		err := src.Check(t.Context(), jobs.Spec{Paths: []string{path}})
		var spec *jobs.SpecError
		if err != nil && !errors.As(err, &spec) {
			t.Fatal(err)
		}
		good := fs.ValidPath(strings.ToValidUTF8(path, "?")) && path != "." && filepath.IsLocal(path) && !strings.Contains(path, "\x00")
		switch {
		case err == nil && path != "link":
			t.Errorf("%q was found", path)
		case err != nil && good == (spec.Code == "bad_path") && spec.Code != "path_too_long":
			t.Errorf("%q: got %v, want it well formed: %v", path, err, good)
		}
	})
}
