package walk_test

import (
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// eventually waits until f reports that it has come to something.
func (s *server) eventually(what string, f func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !f(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: it never came to that", what)
		}
	}
}

func TestDownloadedFilesMakeRoom(t *testing.T) {
	t.Parallel()
	docs := t.TempDir()
	noise := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	write(t, filepath.Join(docs, "noise"), noise)
	s := start(t, "-source", "docs="+docs, "-max-space", "4300KiB", "-retain", "1h")
	export := func() string {
		t.Helper()
		id := s.submit(spec("docs", "tar")).text("id")
		s.ready(id)
		return id
	}
	file := func(id, ranged string) int {
		resp, _ := s.call("GET", "/jobs/"+id+"/file", "", "Range", ranged)
		return resp.StatusCode
	}
	had, begun, unseen := export(), export(), export()
	if file(had, "bytes=0-") != http.StatusPartialContent || file(begun, "bytes=0-1000") != http.StatusPartialContent {
		t.Fatal("the files cannot be downloaded")
	}
	fourth := export()
	s.eventually("the downloaded file makes room", func() bool { return s.get("/jobs/"+had).text("state") == "expired" })
	if got := file(had, "bytes=0-0"); got != http.StatusGone {
		t.Errorf("got %d, want the file to be gone", got)
	}
	events := s.follow("/jobs/"+had+"/events", "").rest()
	if last := events[len(events)-1]; last.name != "expired" || !strings.Contains(last.json(t).text("reason"), "room was needed") {
		t.Errorf("got the last event %s %s, want that it expired, and why", last.name, last.data)
	}

	fifth, sixth := export(), export() // more than there may be, and nobody has any of them
	s.eventually("nothing new is taken", func() bool {
		resp, body := s.call("POST", "/jobs", spec("docs", "tar"), "Content-Type", "application/json")
		if resp.StatusCode == http.StatusCreated {
			s.call("DELETE", "/jobs/"+parse(t, body).text("id"), "")
			return false
		}
		seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if resp.StatusCode != http.StatusServiceUnavailable || err != nil || seconds < 3000 || seconds > 3600 {
			t.Errorf("got %s, to come back in %q s, want 503 and the hour after which the first file expires", resp.Status, resp.Header.Get("Retry-After"))
		}
		return true
	})
	for _, id := range []string{begun, unseen, fourth, fifth, sixth} {
		if got := file(id, "bytes=0-0"); got != http.StatusPartialContent {
			t.Errorf("a file that nobody has had: got %d, want it to stay", got)
		}
	}
	file(begun, "bytes=1001-") // the rest of it
	s.eventually("there is room again", func() bool {
		resp, _ := s.call("POST", "/jobs", spec("docs", "tar"), "Content-Type", "application/json")
		return resp.StatusCode == http.StatusCreated
	})
}
