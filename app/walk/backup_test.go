package walk_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// exits runs the program, wants that exit status, and returns what it prints.
func exits(t *testing.T, status int, args ...string) string {
	t.Helper()
	out, err := runBinary(t, args...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if got != status {
		t.Errorf("carryout %s: got exit status %d, want %d\n%s", strings.Join(args, " "), got, status, out)
	}
	return out
}

// restore puts a backup in the place of a database, as the program says.
func restore(t *testing.T, data, backup string) {
	t.Helper()
	db := filepath.Join(data, "carryout.db")
	away := t.TempDir()
	for _, part := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(db+part, filepath.Join(away, "carryout.db"+part)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, whole)
}

func TestARestoredBackupServesTheJobs(t *testing.T) {
	t.Parallel()
	data, backup := t.TempDir(), filepath.Join(t.TempDir(), "today.db")
	s := start(t, "-data", data, "-source", "docs="+tree(t), "-throttle=2000000")
	fast := spec("docs", "zip", `"paths":["readme.md"]`)
	ready := s.ready(s.submit(fast).text("id"))
	running := s.submit(spec("docs", "zip")).text("id")
	st := s.follow("/jobs/"+running+"/events", "")
	for e, err := st.next(); e.name != "progress"; e, err = st.next() {
		if err != nil {
			t.Fatal(err)
		}
	}

	out := exits(t, 0, "backup", "-data", data, backup)
	if !strings.Contains(out, "checked") || !strings.Contains(out, "To restore it: stop the server, move ") {
		t.Errorf("got %q, want it to say how to restore", out)
	}
	before, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	out = exits(t, 1, "backup", "-data", data, backup)
	if after, _ := os.ReadFile(backup); !strings.Contains(out, "is there already") || !bytes.Equal(after, before) {
		t.Errorf("got %q, want a refusal to replace a backup", out)
	}
	later := s.ready(s.submit(fast).text("id")).text("id")
	if out := exits(t, 0, "check", "-data", data, "-files"); !strings.Contains(out, "the database is whole, and so are 2 files") {
		t.Errorf("while the server runs: got %q", out)
	}

	s.kill()
	restore(t, data, backup)
	s.restart()
	if got := s.get("/jobs/" + ready.text("id")); got.text("file", "sha256") != ready.text("file", "sha256") {
		t.Errorf("got %v, want the job as it was", got)
	}
	checkEnd(t, s, ready.text("id"))
	checkEnd(t, s, running)
	if resp, _ := s.call("GET", "/jobs/"+later, ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("got %s for a job that the backup does not know", resp.Status)
	}
	checkDisk(t, data, []string{ready.text("id"), running})
	if left, err := os.ReadDir(filepath.Dir(backup)); err != nil || len(left) != 1 {
		t.Errorf("got %v, error %v, want the backup alone", left, err)
	}
}

func TestAZeroedPageIsSaidAndMendedByABackup(t *testing.T) {
	t.Parallel()
	data, backup := t.TempDir(), filepath.Join(t.TempDir(), "today.db")
	s := start(t, "-data", data, "-source", "docs="+tree(t))
	var ids []string
	for range 20 {
		ids = append(ids, s.submit(spec("docs", "zip", `"paths":["readme.md"]`)).text("id"))
	}
	for _, id := range ids {
		s.ready(id)
	}
	exits(t, 0, "backup", "-data", data, backup)
	if status := s.stop(syscall.SIGTERM); status != 0 {
		t.Fatalf("got exit status %d", status)
	}
	zeroAPage(t, filepath.Join(data, "carryout.db"))

	worthless := t.TempDir()
	for _, args := range [][]string{{"check"}, {"backup", filepath.Join(worthless, "bad.db")}, s.args} {
		out := exits(t, 1, append(args, "-data", data)...)
		for _, want := range []string{"is damaged", "carryout backup", "stop the server, move ", "sqlite3 " + filepath.Join(data, "carryout.db") + " .recover"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: got %q, want it to say %q", args[0], out, want)
			}
		}
		if more := strings.Contains(out, "carryout check -data "+data); more == (args[0] == "check") {
			t.Errorf("%s: got %q, want who is not check itself to name it", args[0], out)
		}
		if n := strings.Count(out, "\n"); n != 1 {
			t.Errorf("%s: got %d lines, want one sentence:\n%s", args[0], n, out)
		}
	}
	if left, err := os.ReadDir(worthless); err != nil || len(left) > 0 {
		t.Errorf("got %v, error %v, want no backup of damage", left, err)
	}
	restore(t, data, backup)
	exits(t, 0, "check", "-data", data, "-files")
	s.restart()
	for _, id := range ids {
		checkEnd(t, s, id)
	}
}

// zeroAPage takes from a database a page that is in use, in its middle.
func zeroAPage(t *testing.T, path string) {
	t.Helper()
	const page = 4096
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := len(b) / page / 2 * page; at > 0; at -= page {
		if len(bytes.Trim(b[at:at+page], "\x00")) > page/2 {
			clear(b[at : at+page])
			write(t, path, b)
			return
		}
	}
	t.Fatal("no page of the database is in use")
}

func TestCheckNamesWhatIsWrongWithFiles(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, "-data", data, "-source", "docs="+tree(t), "-throttle", "1MB")
	canceled := s.submit(spec("docs", "zip")).text("id")
	s.call("POST", "/jobs/"+canceled+"/cancel", "")
	ready := filepath.Join(data, "artifacts", "ready")
	var ids [4]string
	for n := range ids {
		ids[n] = s.ready(s.submit(spec("docs", "tar", `"paths":["reports"]`)).text("id")).text("id")
	}
	missing, short, changed := ids[0], ids[1], ids[2]
	if err := os.Remove(filepath.Join(ready, missing)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(ready, short))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(ready, short), b[:len(b)-1])
	b[len(b)/2] ^= 1
	write(t, filepath.Join(ready, changed), b)
	const nobody = "NOBODYAAAAAAAAAAAAAAAAAAAA"
	write(t, filepath.Join(ready, nobody), b)
	write(t, filepath.Join(data, "artifacts", "staged", nobody+"."+nobody), b)
	write(t, filepath.Join(data, "artifacts", "staged", canceled+"."+nobody), b) // from which a retry goes on
	const manifest = "MANIFESTAAAAAAAAAAAAAAAAAA"
	write(t, filepath.Join(ready, manifest+".blocks"), b)

	quick := exits(t, 1, "check", "-data", data)
	full := exits(t, 1, "check", "-data", data, "-files")
	for _, out := range []string{quick, full} {
		for _, want := range []string{"job " + missing + " (reports.tar): its file is missing", "job " + short + " (reports.tar): ",
			"no longer needed: a finished file of " + nobody, "no longer needed: an unfinished file of " + nobody, "ask for these exports again"} {
			if !strings.Contains(out, want) {
				t.Errorf("got %q, want it to say %q", out, want)
			}
		}
		for why, id := range map[string]string{"that job has its file": ids[3], "that job may be retried": canceled, "that is no file but its hashes": manifest} {
			if strings.Contains(out, id) {
				t.Errorf("got %q, although %s (%s)", out, why, id)
			}
		}
	}
	if strings.Contains(quick, changed) {
		t.Errorf("got %q, although only -files reads the files", quick)
	}
	if want := "job " + changed + " (reports.tar): its file does not hold"; !strings.Contains(full, want) {
		t.Errorf("got %q, want it to say %q", full, want)
	}
	for _, path := range []string{"ready/" + nobody, "staged/" + nobody + "." + nobody} {
		if _, err := os.Stat(filepath.Join(data, "artifacts", path)); err != nil {
			t.Errorf("a check has changed something: %v", err)
		}
	}
}
