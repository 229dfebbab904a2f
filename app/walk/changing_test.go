package walk_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user who may read nothing but what everybody may.
const nobody = 65534

// asNobody has a server run as a user to whom permissions mean something, which
// they do not to root. What it needs is laid where that user can reach it.
func asNobody(t *testing.T, s *server, data string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	for _, dir := range []string{filepath.Dir(binary), filepath.Dir(data), data} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(data, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	s.attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

// changing writes a folder of which the first part takes a while to read, and
// whose last files are about to change.
func changing(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	for n := range 12 {
		write(t, filepath.Join(dir, "a", fmt.Sprint(n)), bytes.Repeat([]byte{byte(n)}, 100_000))
	}
	for _, name := range []string{"forbidden", "grows", "replaced/file", "same", "shrinks", "vanishes"} {
		write(t, filepath.Join(dir, "z", name), bytes.Repeat([]byte(name), 2000))
	}
	return dir
}

// change does to the last files what nobody expects.
func change(t *testing.T, dir string) {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, "z", name) }
	for _, err := range []error{
		os.Chmod(at("forbidden"), 0),
		os.WriteFile(at("grows"), bytes.Repeat([]byte("grows"), 9000), 0o644),
		os.Rename(at("replaced"), at("was")),
		os.Symlink("/etc", at("replaced")),
		os.Truncate(at("shrinks"), 1000),
		os.Remove(at("vanishes")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Files that vanish, shrink, grow or lose their permissions after the export
// has begun are told of, one by one, and the archive can be read all the same.
func TestAnArchiveOfFilesThatChangeTellsTheTruth(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"zip", "tar", "tar.gz", "tar.zst"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			dir, data := changing(t), t.TempDir()
			s := prepare(t, "-data", data, "-source", "docs="+dir, "-throttle=1000000")
			asNobody(t, s, data)
			s.start()
			id := s.submit(spec("docs", format)).text("id")
			s.awaitWork(id)
			change(t, dir)
			s.ready(id)

			warned := make(map[string]string)
			for _, e := range s.follow("/jobs/"+id+"/events", "").rest() {
				if e.name == "warning" {
					warned[e.json(t).text("path")] = e.json(t).text("message")
				}
			}
			into := t.TempDir()
			_, body := s.call("GET", "/jobs/"+id+"/file", "")
			archive := filepath.Join(t.TempDir(), "archive."+format)
			write(t, archive, body)
			if format == "zip" {
				run(t, "unzip", "-t", "-qq", archive)
			}
			run(t, "bsdtar", "-x", "-f", archive, "-C", into)
			got := contents(t, into)
			report := got["EXPORT-REPORT.txt"]
			for _, name := range []string{"forbidden", "grows", "replaced/file", "shrinks", "vanishes"} {
				if warned["z/"+name] == "" || !strings.Contains(report, "z/"+name) {
					t.Errorf("%s: got the warning %q and the report\n%s", name, warned["z/"+name], report)
				}
				delete(warned, "z/"+name)
			}
			if len(warned) > 0 {
				t.Errorf("got the warnings %v too", warned)
			}
			want := contents(t, dir)
			for n := range 12 {
				if name := fmt.Sprintf("a/%d", n); got[name] != want[name] {
					t.Errorf("%s is not as it was", name)
				}
			}
			if got["z/same"] != want["z/same"] {
				t.Error("z/same is not as it was")
			}
			for _, name := range []string{"forbidden", "replaced/file", "vanishes"} {
				if _, there := got["z/"+name]; there {
					t.Errorf("got z/%s, which could not be read", name)
				}
			}
			if grown := got["z/grows"]; grown != strings.Repeat("grows", 2000) {
				t.Errorf("got %d bytes of z/grows, want those that it had", len(grown))
			}
		})
	}
}

// awaitWork waits until a job has begun to write its file.
func (s *server) awaitWork(id string) {
	s.t.Helper()
	st := s.follow("/jobs/"+id+"/events", "")
	for {
		e, err := st.next()
		if err != nil {
			s.t.Fatal(err)
		}
		if e.name == "progress" && e.json(s.t).text("phase") == "assembling" {
			return
		}
	}
}

// What is done to a database while one of its tables is exported makes the
// file another state of it only if it says so: it is whole, or the job fails
// with a reason.
func TestATableThatIsTakenAwayIsWholeOrFailed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		journal string
		strike  func(t *testing.T, file string)
		may     string // beside becoming ready with the table as it was
	}{
		"dropped beside a log":      {"WAL", dropOrders, ""},
		"dropped beside a journal":  {"DELETE", dropOrders, ""},
		"replaced by another":       {"DELETE", renameOver, ""},
		"written over with another": {"DELETE", writeOver, "failed"}, // by a program that knows nothing of locks
		"cut":                       {"DELETE", cutShort, "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := heavyShop(t, "one")
			execute(t, file, `PRAGMA journal_mode = `+test.journal)
			s := start(t, "-source", "shop=sqlite:"+file, "-throttle=20000000")
			table := spec("shop", "csv", `"table":"orders"`)
			want := s.ready(s.submit(table).text("id")).text("file", "sha256")
			id := s.submit(table).text("id")
			s.awaitWork(id)
			test.strike(t, file)
			j := s.finish(id)
			switch state := j.text("state"); {
			case state == "ready" && j.text("file", "sha256") == want:
			case state == test.may && strings.Contains(j.text("error", "message"), "database"):
			default:
				t.Errorf("got %v, want the table as it was, or the reason why not", j)
			}
		})
	}
}

// heavyShop writes a database of 24 MB, which is more than SQLite remembers of
// it.
func heavyShop(t *testing.T, word string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "shop.db")
	execute(t, file, `
		CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT);
		WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 24000)
		INSERT INTO orders SELECT i, printf('%d %0.*c', i, 960, substr(?, 1, 1)) FROM n`, word)
	return file
}

func execute(t *testing.T, file, statement string, args ...any) {
	t.Helper()
	db := open(t, file)
	defer db.Close()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

// dropOrders drops the table, as soon as the database lets it.
func dropOrders(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=30000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`DROP TABLE orders`); err != nil {
		t.Fatal(err)
	}
}

func renameOver(t *testing.T, file string) {
	t.Helper()
	if err := os.Rename(heavyShop(t, "two"), file); err != nil {
		t.Fatal(err)
	}
}

func writeOver(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(heavyShop(t, "two"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
}

func cutShort(t *testing.T, file string) {
	t.Helper()
	if err := os.Truncate(file, 40_960); err != nil {
		t.Fatal(err)
	}
}

func TestASecondServerSaysWhoIsThere(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, "-data", data)
	out := exits(t, 1, "serve", "-addr", "127.0.0.1:0", "-data", data)
	if want := "carryout: another carryout server uses the data folder " + data + "; stop it, or choose another with -data\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}
