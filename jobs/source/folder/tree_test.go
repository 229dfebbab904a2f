package folder_test

import (
	"context"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/folder"
)

// tree writes a folder. A name that ends in a slash is a folder, content that
// begins with "-> " makes a link, "fifo" and "socket" what they say.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		put(t, filepath.Join(root, name), strings.HasSuffix(name, "/"), content)
	}
	return root
}

func put(t *testing.T, name string, isFolder bool, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(name), 0o755))
	target, isLink := strings.CutPrefix(content, "-> ")
	switch {
	case isFolder:
		must(t, os.MkdirAll(name, 0o755))
	case isLink:
		must(t, os.Symlink(target, name))
	case content == "fifo":
		must(t, syscall.Mkfifo(name, 0o644))
	case content == "socket":
		l, err := net.Listen("unix", name)
		must(t, err)
		t.Cleanup(func() { l.Close() })
	default:
		must(t, os.WriteFile(name, []byte(content), 0o644))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, root string) *folder.Source {
	t.Helper()
	src, err := folder.Open(root)
	must(t, err)
	t.Cleanup(func() { must(t, src.Close()) })
	return src
}

// files opens the selected paths until the end of the test.
func files(t *testing.T, root string, paths ...string) source.Files {
	t.Helper()
	data, err := open(t, root).Open(t.Context(), jobs.Spec{Paths: paths})
	must(t, err)
	t.Cleanup(func() { must(t, data.Close()) })
	return data.Files
}

func plan(t *testing.T, f source.Files) source.Plan {
	t.Helper()
	p, err := f.Plan(context.Background(), nil)
	must(t, err)
	return p
}

// lines writes a plan's entries and warnings as one line each.
func lines(p source.Plan) string {
	var b strings.Builder
	for _, e := range p.Entries {
		b.WriteString(e.Path)
		switch e.Mode.Type() {
		case fs.ModeDir:
			b.WriteString("/")
		case fs.ModeSymlink:
			b.WriteString(" -> " + e.Target)
		}
		b.WriteString("\n")
	}
	for _, w := range p.Warnings {
		b.WriteString("(" + w.Code + ") " + w.Path + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
