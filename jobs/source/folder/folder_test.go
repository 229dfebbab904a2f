package folder_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/folder"
	"example.org/carryout/jobs/source/sourcetest"
)

var (
	_ source.Source = (*folder.Source)(nil)
	_ source.Folder = (*folder.Source)(nil)
)

// mixed has two of everything, under hostile names.
func mixed(t *testing.T) string {
	return tree(t, map[string]string{
		"readme.md":         "hello",
		"empty":             "",
		"hollow/":           "",
		"reports/a.txt":     "a",
		"reports!":          "is no folder, and comes after all of those",
		"reports/2026/07":   "07",
		"reports/2026/next": "-> ../../readme.md",
		"-rf":               "a dash",
		"line\nbreak":       "two lines",
		"not \xff utf-8":    "bytes",
		`back\slash`:        "a name",
		"日本/émoji 🥡":        "unicode",
		"out":               "-> ../../../etc/passwd",
		"abs":               "-> /etc",
		"circle":            "-> .",
		"pipe":              "fifo",
		"sock":              "socket",
	})
}

func TestKeepsThePromisesOfSources(t *testing.T) {
	root := mixed(t)
	sourcetest.Files(t, open(t, root), jobs.Spec{})
	sourcetest.Files(t, open(t, root), jobs.Spec{Paths: []string{"reports/2026", "readme.md"}})
}

func TestSelectsPaths(t *testing.T) {
	root := mixed(t)
	for _, c := range []struct {
		name  string
		paths []string
		want  []string
	}{
		{"everything", nil, []string{
			"-rf", "abs -> /etc", `back\slash`, "circle -> .", "empty", "hollow/", "line\nbreak", "not \xff utf-8",
			"out -> ../../../etc/passwd", "readme.md", "reports/", "reports/2026/", "reports/2026/07",
			"reports/2026/next -> ../../readme.md", "reports/a.txt", "reports!", "日本/", "日本/émoji 🥡",
			"(special_file) pipe", "(special_file) sock"}},
		{"a folder without those above it", []string{"reports/2026"},
			[]string{"reports/2026/", "reports/2026/07", "reports/2026/next -> ../../readme.md"}},
		{"overlapping paths, once", []string{"reports/2026/07", "readme.md", "reports", "reports/2026", "readme.md"},
			[]string{"readme.md", "reports/", "reports/2026/", "reports/2026/07", "reports/2026/next -> ../../readme.md", "reports/a.txt"}},
		{"a link is a link", []string{"circle", "out"}, []string{"circle -> .", "out -> ../../../etc/passwd"}},
		{"names of any bytes", []string{"-rf", "line\nbreak", "not \xff utf-8", `back\slash`},
			[]string{"-rf", `back\slash`, "line\nbreak", "not \xff utf-8"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := open(t, root).Check(t.Context(), jobs.Spec{Paths: c.paths}); err != nil {
				t.Error(err)
			}
			if got, want := lines(plan(t, files(t, root, c.paths...))), strings.Join(c.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestRecordsWhatAFileIs(t *testing.T) {
	root := tree(t, map[string]string{"f": "12345"})
	at := time.Date(2020, 2, 3, 4, 5, 6, 7000, time.UTC)
	before := time.Now().Add(-time.Second)
	must(t, os.Chtimes(filepath.Join(root, "f"), at, at))
	must(t, os.Chmod(filepath.Join(root, "f"), 0o640|fs.ModeSetuid))
	got := plan(t, files(t, root)).Entries[0]
	if got.Changed.Before(before) || got.Changed.After(time.Now().Add(time.Second)) {
		t.Errorf("got %v as the time of the last change, want that of setting the others", got.Changed)
	}
	if want := (source.Entry{Path: "f", Mode: 0o640, Size: 5, ModTime: at, Changed: got.Changed}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAboutKnowsTheCountsOnceTheyAreFound(t *testing.T) {
	src := open(t, mixed(t))
	for {
		about, err := src.About(t.Context())
		must(t, err)
		if about.Kind != source.KindFolder {
			t.Fatalf("got kind %q, want %q", about.Kind, source.KindFolder)
		}
		if about.Items.Known {
			if about.Items.Value != 10 || !about.Bytes.Known || about.Bytes.Value != 83 {
				t.Errorf("got %+v, want 10 files of 83 bytes", about)
			}
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("the counts did not come")
		}
		runtime.Gosched()
	}
}

func TestChildrenAreFoldersFirst(t *testing.T) {
	src := open(t, mixed(t))
	names := func(path string, n int) ([]string, bool) {
		nodes, more, err := src.Children(t.Context(), path, n)
		must(t, err)
		var names []string
		for _, node := range nodes {
			name := node.Path
			if node.Folder {
				name += "/"
			}
			if filepath.Base(node.Path) != node.Name {
				t.Errorf("got name %q of path %q", node.Name, node.Path)
			}
			names = append(names, name)
		}
		return names, more
	}
	if got, more := names("reports", 10); more || !slices.Equal(got, []string{"reports/2026/", "reports/a.txt"}) {
		t.Errorf("got %q, more %v", got, more)
	}
	all := []string{"hollow/", "reports/", "日本/", "-rf", "abs", `back\slash`, "circle", "empty", "line\nbreak", "out", "readme.md", "reports!"}
	for _, n := range []int{11, 12, 100} { // without what is special, and the name that is not UTF-8
		if got, more := names("", n); more != (n < 12) || !slices.Equal(got, all[:min(n, 12)]) {
			t.Errorf("at most %d: got %q, more %v", n, got, more)
		}
	}
	if got, more := names("", 4); !more || !slices.Equal(got, []string{"hollow/", "reports/", "日本/", "-rf"}) {
		t.Errorf("got %q, more %v", got, more)
	}
	for path, code := range map[string]string{
		"circle": "through_link", "circle/reports": "through_link", "readme.md": "no_such_path", "no": "no_such_path",
		"..": "bad_path", "/etc": "bad_path", "pipe": "no_such_path",
	} {
		_, _, err := src.Children(t.Context(), path, 10)
		var spec *jobs.SpecError
		if !errors.As(err, &spec) || spec.Code != code || spec.Field != "path" {
			t.Errorf("%q: got %v, want code %q", path, err, code)
		}
	}
}

func TestOpenRefusesWhatIsNoFolder(t *testing.T) {
	root := tree(t, map[string]string{"file": "x"})
	for _, name := range []string{"file", "nothing"} {
		if src, err := folder.Open(filepath.Join(root, name)); err == nil {
			src.Close()
			t.Errorf("%s was opened as a folder", name)
		}
	}
}

func TestASourceThatIsGoneIsAFailure(t *testing.T) {
	root := tree(t, map[string]string{"sub/file": "x"})
	src := open(t, filepath.Join(root, "sub"))
	must(t, os.Rename(filepath.Join(root, "sub"), filepath.Join(root, "elsewhere")))
	_, openErr := src.Open(t.Context(), jobs.Spec{})
	_, _, treeErr := src.Children(t.Context(), "", 1)
	for _, err := range []error{openErr, treeErr, src.Check(t.Context(), jobs.Spec{})} {
		var failure *jobs.Failure
		if !errors.As(err, &failure) || failure.Code != "source_gone" {
			t.Errorf("got %v, want a source_gone", err)
		}
		if err != nil && strings.Contains(err.Error(), root) {
			t.Errorf("the error gives the root away: %v", err)
		}
	}
	must(t, os.Rename(filepath.Join(root, "elsewhere"), filepath.Join(root, "sub")))
	must(t, src.Check(t.Context(), jobs.Spec{Paths: []string{"file"}}))
}

func TestClosedFilesSaySo(t *testing.T) {
	data, err := open(t, mixed(t)).Open(t.Context(), jobs.Spec{})
	must(t, err)
	must(t, data.Close())
	if _, err := data.Files.Plan(t.Context(), nil); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Plan: got %v, want %v", err, fs.ErrClosed)
	}
	if _, err := data.Files.Open(t.Context(), source.Entry{Path: "readme.md"}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Open: got %v, want %v", err, fs.ErrClosed)
	}
}
