package walk_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// often are flags with which an export of the tree takes some seconds, in which
// it could go on from many places.
var often = []string{"-throttle=2000000", "-checkpoint=50ms"}

func TestACanceledJobGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	docs := tree(t)
	calm := start(t, "-source", "docs="+docs)
	want := calm.ready(calm.submit(spec("docs", "zip")).text("id")).text("file", "sha256")

	s := start(t, append(often, "-source", "docs="+docs)...)
	id := s.submit(spec("docs", "zip")).text("id")
	path := "/jobs/" + id
	done := s.halfway(id)
	s.must(http.StatusOK, "POST", path+"/cancel")
	if got := s.finish(id).text("state"); got != "canceled" {
		t.Fatalf("got a job that is %s, want canceled", got)
	}
	last := s.get(path).number("last_event")
	s.must(http.StatusOK, "POST", path+"/retry")

	if got := s.ready(id).text("file", "sha256"); got != want {
		t.Errorf("got the hash %s, want %s", got, want)
	}
	all := s.follow(path+"/events", "").rest()
	checkHistory(t, all)
	for _, e := range all {
		switch e.name {
		case "started":
			began := e.json(t).number("progress", "bytes", "done")
			if again := e.json(t).number("attempt") > 1; again && began < done || !again && began > 0 {
				t.Errorf("event %s: got %v bytes that are done, want %v or more for the second attempt alone", e.id, began, done)
			}
		case "warning":
			t.Errorf("got %v, want the job to go on without a word", e)
		}
	}
	if now := s.get(path); now.number("last_event") <= last || now.number("attempt") != 2 {
		t.Errorf("got %v, want a second attempt", now)
	}
}

func TestADeletedJobLeavesNothing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, append(often, "-source", "docs="+tree(t), "-data", data)...)
	for _, end := range []string{"running", "canceled"} {
		id := s.submit(spec("docs", "zip")).text("id")
		s.halfway(id)
		if end == "canceled" {
			s.must(http.StatusOK, "POST", "/jobs/"+id+"/cancel")
			s.finish(id)
		}
		s.must(http.StatusNoContent, "DELETE", "/jobs/"+id)
	}
	for deadline := time.Now().Add(patience); ; <-time.After(10 * time.Millisecond) {
		left, err := filepath.Glob(filepath.Join(data, "artifacts", "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %v left, want nothing", left)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "artifacts", "staged")); err != nil {
		t.Fatal(err) // or nothing was looked at
	}
}

// halfway follows a job until it has kept something to go on from, and returns
// how many bytes were done by then.
func (s *server) halfway(id string) (done float64) {
	s.t.Helper()
	st := s.follow("/jobs/"+id+"/events", "")
	defer st.resp.Body.Close()
	for n := 0; ; {
		e, err := st.next()
		if err == io.EOF {
			s.t.Fatal("the job was over before its middle")
		}
		if err != nil {
			s.t.Fatal(err)
		}
		if e.name != "progress" {
			continue
		}
		// Each place to go on from is told as progress too, between those that
		// are told ten times a second.
		n++
		now := e.json(s.t).number("bytes", "done")
		if n < 5 {
			done = now
		} else if n > 8 && done > 0 && now > done {
			return done
		}
	}
}

// must sends a request that is answered with that status.
func (s *server) must(status int, method, path string) {
	s.t.Helper()
	if resp, b := s.call(method, path, ""); resp.StatusCode != status {
		s.t.Fatalf("%s %s: got %s: %s", method, path, resp.Status, b)
	}
}
