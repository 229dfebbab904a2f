package walk_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kinds are the names of all events of a job.
func (s *server) kinds(id string) (kinds []string) {
	s.t.Helper()
	for _, e := range s.follow("/jobs/"+id+"/events", "").rest() {
		kinds = append(kinds, e.name)
	}
	return kinds
}

// links is how many names the file of a job has on the disk.
func links(t *testing.T, data, id string) uint64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(data, "artifacts", "ready", id))
	if err != nil {
		t.Fatal(err)
	}
	return uint64(info.Sys().(*syscall.Stat_t).Nlink)
}

// settle waits until times on the disk are old enough to tell changes by. The
// start of a server takes longer than that.
func settle(t *testing.T) {
	select {
	case <-time.After(40 * time.Millisecond):
	case <-t.Context().Done():
	}
}

// An equal request over an unchanged source is answered with the file that is
// there, at once, although the only worker is busy.
func TestAnEqualRequestIsAnsweredWithTheFileThatIsThere(t *testing.T) {
	t.Parallel()
	data, docs, db := t.TempDir(), tree(t), shop(t, 20_000)
	s := start(t, "-reuse", "-workers", "1", "-throttle", "4000000", "-data", data, "-source", "docs="+docs, "-source", "shop=sqlite:"+db)
	zip, csv := spec("docs", "zip"), spec("shop", "csv", `"table":"orders"`)
	first := map[string]object{}
	for _, spec := range []string{zip, csv} {
		first[spec] = s.ready(s.submit(spec).text("id"))
	}

	busy := s.submit(spec("docs", "tar")).text("id") // takes the worker for a second
	for ask, like := range map[string]string{zip: zip, spec("docs", "zip", `"options":{"level":"default"}`): zip, csv: csv} {
		began := time.Now()
		j := s.submit(ask)
		if j.text("state") != "ready" || j.text("file", "sha256") != first[like].text("file", "sha256") || j.text("id") == first[like].text("id") {
			t.Errorf("%s: got %v, want another job with the file of the first", ask, j)
		}
		t.Logf("%s: ready after %v", ask, time.Since(began))
		if got := fmt.Sprint(s.kinds(j.text("id"))); got != "[queued started ready]" {
			t.Errorf("%s: got the history %s, want that of a job that was ready at once", ask, got)
		}
		if j.at("expires") == nil || j.at("progress", "items", "done") != first[like].at("progress", "items", "done") {
			t.Errorf("%s: got %v, want a time of its own and the counts of the first", ask, j)
		}
	}
	if state := s.get("/jobs/" + busy).text("state"); state == "ready" {
		t.Error("the worker was not busy meanwhile, so this test shows little")
	}
	if got := links(t, data, first[csv].text("id")); got != 2 {
		t.Errorf("got %d names of the file, want 2", got)
	}
	s.finish(busy)

	// Nothing of the sources is read: the one has 5 MB, the other 1.5.
	before := s.bytesRead()
	s.submit(zip)
	s.submit(csv)
	if got := s.bytesRead() - before; got > 300_000 {
		t.Errorf("got %d bytes read for two answers, want next to none", got)
	} else {
		t.Logf("%d bytes read for two answers", got)
	}

	// Whichever is deleted first: the other stays.
	last := s.submit(csv).text("id")
	if resp, b := s.call("DELETE", "/jobs/"+first[csv].text("id"), ""); resp.StatusCode >= 300 {
		t.Fatalf("got %s: %s", resp.Status, b)
	}
	checkEnd(t, s, last)
}

// bytesRead is what the server has read so far, from files and sockets, cached
// or not (https://man7.org/linux/man-pages/man5/proc_pid_io.5.html).
func (s *server) bytesRead() int64 {
	s.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	line, _, _ := strings.Cut(strings.TrimPrefix(string(b), "rchar: "), "\n")
	n, err := strconv.ParseInt(line, 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// Whatever differs, the file is made anew.
func TestAChangedSourceOrRequestIsMadeAnew(t *testing.T) {
	t.Parallel()
	docs, db := t.TempDir(), shop(t, 2000)
	write(t, filepath.Join(docs, "readme.md"), []byte("# Hello\n"))
	write(t, filepath.Join(docs, "reports", "01.csv"), []byte("id,total\n1,2\n"))
	s := start(t, "-reuse", "-source", "docs="+docs, "-source", "shop=sqlite:"+db)
	zip, csv := spec("docs", "zip"), spec("shop", "csv", `"table":"orders"`)
	s.ready(s.submit(zip).text("id"))
	s.ready(s.submit(csv).text("id"))
	readme := filepath.Join(docs, "readme.md")
	info, err := os.Stat(readme)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct {
		name string
		ask  string
		do   func() error
	}{
		{"one byte, and the old time set again", zip, func() error {
			if err := os.WriteFile(readme, []byte("# Hallo\n"), 0o644); err != nil {
				return err
			}
			return os.Chtimes(readme, info.ModTime(), info.ModTime())
		}},
		{"a time", zip, func() error { return os.Chtimes(readme, time.Time{}, info.ModTime().Add(time.Second)) }},
		{"a new file", zip, func() error { return os.WriteFile(filepath.Join(docs, "new.txt"), nil, 0o644) }},
		{"permissions", zip, func() error { return os.Chmod(readme, 0o600) }},
		{"a row", csv, func() error {
			db := open(t, db)
			defer db.Close()
			_, err := db.Exec(`UPDATE orders SET total = total + 1 WHERE id = 7`)
			return err
		}},
		{"an option", spec("docs", "zip", `"options":{"level":"store"}`), nil},
		{"a selection", spec("docs", "zip", `"paths":["reports"]`), nil},
		{"columns", spec("shop", "csv", `"table":"orders"`, `"columns":["id","total"]`), nil},
		{"a table", spec("shop", "csv", `"table":"big_orders"`), nil},
		{"a format", spec("shop", "jsonl", `"table":"orders"`), nil},
	} {
		if change.do != nil {
			if err := change.do(); err != nil {
				t.Fatal(err)
			}
			settle(t)
		}
		for again, want := range []string{"queued", "ready"} {
			j := s.submit(change.ask)
			if got := j.text("state"); got != want {
				t.Errorf("%s, request %d: got a job that is %s, want %s", change.name, again+1, got, want)
			}
			s.ready(j.text("id"))
		}
	}
}

// Without the flag every file is made.
func TestFilesAreNotUsedAgainUnasked(t *testing.T) {
	t.Parallel()
	data, docs := t.TempDir(), tree(t)
	s := start(t, "-data", data, "-source", "docs="+docs)
	for range 2 {
		j := s.submit(spec("docs", "zip"))
		s.ready(j.text("id"))
		if j.text("state") != "queued" || links(t, data, j.text("id")) != 1 {
			t.Errorf("got %v, want a file that was made for it", j)
		}
	}
}

// Twenty equal requests at a time are one work; the rest follow it, and take no
// worker meanwhile.
func TestEqualRequestsAtTheSameTimeAreOneWork(t *testing.T) {
	t.Parallel()
	const many = 20
	data, docs := t.TempDir(), tree(t)
	s := start(t, "-reuse", "-workers", "2", "-throttle", "2000000", "-data", data, "-source", "docs="+docs)
	ids := make([]string, many)
	var posts sync.WaitGroup
	for i := range ids {
		posts.Go(func() { ids[i] = s.submit(spec("docs", "zip")).text("id") })
	}
	posts.Wait()
	other := s.ready(s.submit(spec("docs", "zip", `"paths":["reports"]`)).text("id"))
	for _, id := range ids {
		if at := s.ready(id).text("finished"); at <= other.text("finished") {
			t.Errorf("got one of them ready at %s, and at %s another job that had to wait for a worker: want that to be earlier", at, other.text("finished"))
		}
	}
	hash := ""
	for _, id := range ids {
		j := s.get("/jobs/" + id)
		if hash == "" {
			hash = j.text("file", "sha256")
		}
		if got := links(t, data, id); got != many || j.text("file", "sha256") != hash {
			t.Errorf("got %d names of the file, want %d, and the same hash", got, many)
		}
		if j.number("progress", "bytes", "done") == 0 || !strings.Contains(fmt.Sprint(s.kinds(id)), "progress progress") {
			t.Errorf("got the history %v, want the progress of the work", s.kinds(id))
		}
	}
}

// What others follow may end without a file; then one of them makes it.
func TestAFollowerIsNotLostWithWhatItFollows(t *testing.T) {
	t.Parallel()
	docs := tree(t)
	for name, end := range map[string]func(s *server, id string) *http.Response{
		"cancel": func(s *server, id string) *http.Response { r, _ := s.call("POST", "/jobs/"+id+"/cancel", ""); return r },
		"delete": func(s *server, id string) *http.Response { r, _ := s.call("DELETE", "/jobs/"+id, ""); return r },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "-reuse", "-workers", "2", "-throttle", "4000000", "-source", "docs="+docs)
			leader := s.submit(spec("docs", "zip")).text("id")
			s.runs(leader)
			first, second := s.submit(spec("docs", "zip")).text("id"), s.submit(spec("docs", "zip")).text("id")
			s.runs(first)
			s.runs(second)
			if resp := end(s, first); resp.StatusCode >= 300 {
				t.Fatalf("got %s", resp.Status)
			}
			if state := s.get("/jobs/" + leader).text("state"); state != "running" {
				t.Errorf("got a leader that is %s after the end of a follower, want it running", state)
			}
			if resp := end(s, leader); resp.StatusCode >= 300 {
				t.Fatalf("got %s", resp.Status)
			}
			checkEnd(t, s, second)
			if got := fmt.Sprint(s.kinds(second)); !strings.Contains(got, "requeued started") {
				t.Errorf("got the history %s, want it to begin anew", got)
			}
		})
	}
}

// runs waits until a job assembles.
func (s *server) runs(id string) {
	s.t.Helper()
	st := s.follow("/jobs/"+id+"/events", "")
	defer st.resp.Body.Close()
	for {
		e, err := st.next()
		if err != nil {
			s.t.Fatalf("the job has ended: %v", err)
		}
		if e.name == "progress" && e.json(s.t).number("fraction") > 0 {
			return
		}
	}
}

// The work that others follow is interrupted, and so are they. What was done is
// not lost, and it is still one work.
func TestFollowersAndWhatTheyFollowSurviveAKill(t *testing.T) {
	t.Parallel()
	data, docs := t.TempDir(), tree(t)
	s := start(t, "-reuse", "-workers", "2", "-throttle", "2500000", "-checkpoint", "50ms", "-data", data, "-source", "docs="+docs)
	var ids []string
	for range 5 {
		ids = append(ids, s.submit(spec("docs", "tar")).text("id"))
		s.runs(ids[len(ids)-1])
	}
	s.kill()
	s.restart()
	hash := ""
	for _, id := range ids {
		j := s.ready(id)
		if hash == "" {
			hash = j.text("file", "sha256")
		}
		if j.text("file", "sha256") != hash || j.number("warnings") != 0 {
			t.Errorf("got %v, want the file of the others, without a word", j)
		}
		checkEnd(t, s, id)
	}
	for _, id := range ids {
		if got := links(t, data, id); got != uint64(len(ids)) {
			t.Errorf("got %d names of the file, want %d", got, len(ids))
		}
	}
	s.kill()
	s.restart() // the start sweeps
	checkDisk(t, data, ids)
}
