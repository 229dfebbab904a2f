package walk_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	_ "github.com/mattn/go-sqlite3"
)

// tree writes a folder of mixed files and returns it: nested, empty, Unicode,
// incompressible, links.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	random := rand.NewChaCha8([32]byte{1})
	noise := make([]byte, 3<<20)
	random.Read(noise)
	for name, content := range map[string][]byte{
		"readme.md":                        []byte("# Hello\n"),
		"empty.txt":                        nil,
		"reports/2026/01.csv":              []byte("id,total\n1,2\n"),
		"reports/2026/02.csv":              []byte("id,total\n3,4\n"),
		"photos/noise.jpg":                 noise,
		"büro/東京/naïve – café 🥡.txt":       []byte("unicode\n"),
		"names/with space & 'quotes'.txt":  []byte("x"),
		"names/-dash":                      []byte("y"),
		"deep/a/b/c/d/e/f/g/h/i/j/end.txt": []byte("deep\n"),
	} {
		write(t, filepath.Join(dir, name), content)
	}
	for n := range 400 {
		b := make([]byte, 4096)
		random.Read(b[:512])
		write(t, filepath.Join(dir, "many", fmt.Sprintf("%03d.bin", n)), b)
	}
	if err := os.Mkdir(filepath.Join(dir, "hollow"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"link.md": "readme.md", "outside": "/etc", "circle": "."} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// contents reads a folder: regular files by their path with what they hold,
// folders with a slash, links with their target.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			all[name+"/"] = ""
		case d.Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			all[name] = "-> " + target
			return err
		default:
			b, err := os.ReadFile(path)
			all[name] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// same compares two folders as contents has read them.
func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, w := range want {
		g, there := got[name]
		switch {
		case !there:
			t.Errorf("%q is missing", name)
		case g != w:
			t.Errorf("%q: got %d bytes that differ from the %d of the source", name, len(g), len(w))
		}
	}
	for name := range got {
		if _, there := want[name]; !there {
			t.Errorf("got %q, which the source does not have", name)
		}
	}
}

// shop writes a database and returns its file. What is in it is awkward.
func shop(t *testing.T, rows int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop.db")
	db := open(t, file)
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, stmt := range []string{
		`CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT, total REAL, placed DATETIME, paid BOOLEAN, token BLOB)`,
		`CREATE VIEW big_orders AS SELECT id, total FROM orders WHERE total > 1000`,
	} {
		if _, err := tx.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	notes := []any{"plain", `with "quotes", commas`, "two\nlines\r\nthree", "", nil, "ünïcödé 東京 🥡", "=1+1", " spaces "}
	for n := range rows {
		_, err := tx.Exec(`INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)`, n+1, notes[n%len(notes)], float64(n)*1.1,
			fmt.Sprintf("2026-01-%02d 10:00:00", n%28+1), n%2 == 0, []byte{byte(n), 0, 255})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return file
}

func open(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// docsOnce and shopOnce are a tree and a database that many tests share, and
// none changes.
func docsOnce(t *testing.T) string { return shared.docs.get(t, tree) }

func shopOnce(t *testing.T) string {
	return shared.shop.get(t, func(t *testing.T) string { return shop(t, 30_000) })
}

var shared struct{ docs, shop once }

// once is a fixture that is made in the first test that wants it and lies in
// the folder of the program.
type once struct {
	sync.Mutex
	path string
}

func (o *once) get(t *testing.T, fixture func(*testing.T) string) string {
	t.Helper()
	o.Lock()
	defer o.Unlock()
	if o.path == "" {
		made := fixture(t)
		kept, err := os.MkdirTemp(filepath.Dir(binary), "shared-")
		if err != nil {
			t.Fatal(err)
		}
		kept = filepath.Join(kept, filepath.Base(made))
		if err := os.Rename(made, kept); err != nil {
			t.Fatal(err)
		}
		o.path = kept
	}
	return o.path
}
