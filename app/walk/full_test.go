package walk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/carryout/jobs/room/roomtest"
)

const mib = 1 << 20

// A disk for files that fills while jobs run, to its end or until too little is
// left, holds up nothing but what needs room.
func TestExportsWaitForRoomForTheirFiles(t *testing.T) {
	for name, test := range map[string]struct {
		left int64
		end  func(s *server)
	}{
		"the disk is full, and the power goes": {0, (*server).kill},
		"little is left, and the server stops": {2 * mib, (*server).stops},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			disk := filepath.Join(data, "artifacts")
			roomtest.Disk(t, disk, 64*mib)
			s := slowly(t, data, "-min-free=4MiB", "-workers=1")
			want := s.ready(s.submit(spec("docs", "tar")).text("id"))
			id := s.submit(spec("docs", "tar")).text("id")
			s.until(id, `"phase":"assembling"`)
			other := s.submit(spec("docs", "zip")).text("id") // waits, so that it makes no room when it is canceled
			empty := roomtest.Fill(t, disk, test.left)
			s.until(id, "paused_disk_full")
			s.waits(id)
			s.goesOn(want)
			s.must(http.StatusOK, "POST", "/jobs/"+other+"/cancel")
			s.must(http.StatusServiceUnavailable, "POST", "/jobs/"+other+"/retry")
			test.end(s)
			s.restart()
			s.refuses()
			empty()
			s.same(id, want, 2) // before the end and after it
			s.roomy()
			s.must(http.StatusOK, "POST", "/jobs/"+other+"/retry")
			s.ready(other)
		})
	}
}

// A full disk under the database alone takes the last words of what goes on.
func TestExportsWaitForRoomForTheDatabase(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	roomtest.Disk(t, data, 32*mib)
	roomtest.Disk(t, filepath.Join(data, "artifacts"), 64*mib)
	s := slowly(t, data, "-min-free=1MiB")
	want, old := s.ready(s.submit(spec("docs", "tar")).text("id")), s.ready(s.submit(spec("docs", "tar")).text("id"))
	id, other := s.begin()
	empty := roomtest.Fill(t, data, 0)
	s.until(id, "paused_disk_full")
	s.waits(id)
	s.goesOn(want)
	s.must(http.StatusOK, "POST", "/jobs/"+other+"/cancel")
	s.must(http.StatusNoContent, "DELETE", "/jobs/"+old.text("id"))
	s.stops()
	s.restart()
	s.refuses()
	s.kill()
	s.restart()
	empty()
	s.same(id, want, 1)
	s.roomy()
	s.ready(s.submit(spec("docs", "zip")).text("id"))
}

// On one disk that is full to its last byte, with no ballast left either, what
// is deleted and what expires makes the room that others wait for.
func TestWhatGoesMakesRoomOnAFullDisk(t *testing.T) {
	for _, by := range []string{"deletion", "expiry"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			roomtest.Disk(t, data, 64*mib)
			args := []string{"-min-free=1MiB"}
			if by == "expiry" {
				args = append(args, "-retain=3s")
			}
			s := slowly(t, data, args...)
			one, two := s.submit(spec("docs", "tar")).text("id"), s.submit(spec("docs", "tar")).text("id")
			want := s.ready(one)
			s.ready(two)
			id := s.submit(spec("docs", "tar")).text("id")
			s.until(id, `"phase":"assembling"`)
			st := s.follow("/jobs/"+id+"/events", "")
			roomtest.Fill(t, data, 0)
			if err := os.Remove(filepath.Join(data, "ballast")); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			roomtest.Fill(t, data, 0)
			if by == "deletion" {
				s.refuses()
				for _, old := range []string{one, two} {
					s.must(http.StatusNoContent, "DELETE", "/jobs/"+old)
					s.must(http.StatusNotFound, "GET", "/jobs/"+old)
				}
			}
			events := st.rest()
			last := events[len(events)-1]
			if got := last.json(t).text("file", "sha256"); last.name != "ready" || got != want.text("file", "sha256") {
				t.Errorf("got %v, want a job that is ready with the same file", last)
			}
			if by == "expiry" {
				s.must(http.StatusGone, "GET", "/jobs/"+one+"/file")
			}
			s.roomy()
		})
	}
}

// slowly starts a server that takes more than a second to read its source.
func slowly(t *testing.T, data string, args ...string) *server {
	t.Helper()
	return start(t, append([]string{"-data", data, "-source", "docs=" + noise(t), "-throttle=4000000", "-workers=2", "-checkpoint=100ms"}, args...)...)
}

// noise writes a folder of 6 MiB that nothing can compress, and returns it.
func noise(t *testing.T) string {
	t.Helper()
	dir, random := t.TempDir(), rand.NewChaCha8([32]byte{7})
	for n := range 48 {
		b := make([]byte, mib/8)
		random.Read(b)
		write(t, filepath.Join(dir, strconv.Itoa(n)), b)
	}
	return dir
}

// begin submits a tar and a zip, and returns their ids once both have begun.
func (s *server) begin() (tar, zip string) {
	s.t.Helper()
	tar, zip = s.submit(spec("docs", "tar")).text("id"), s.submit(spec("docs", "zip")).text("id")
	s.until(tar, `"phase":"assembling"`)
	s.until(zip, `"phase":"assembling"`)
	return tar, zip
}

// until follows a job until an event of it holds text.
func (s *server) until(id, text string) {
	s.t.Helper()
	st := s.follow("/jobs/"+id+"/events", "")
	defer st.resp.Body.Close()
	for {
		e, err := st.next()
		if err != nil {
			s.t.Fatalf("waiting for %q: %v", text, err)
		}
		if strings.Contains(e.data, text) {
			return
		}
	}
}

// waits wants a job that runs, and of which nobody says when it will be ready.
func (s *server) waits(id string) {
	s.t.Helper()
	j := s.get("/jobs/" + id)
	if j.text("state") != "running" || j.number("warnings") > 0 {
		s.t.Errorf("got the state %q and %v warnings, want running and none that count", j.text("state"), j.number("warnings"))
	}
	if left, rate := j.at("progress", "eta_seconds"), j.at("progress", "rate"); left != nil || rate != nil {
		s.t.Errorf("got %v left at the rate %v, want both to be unknown", left, rate)
	}
}

// goesOn wants everything to work that needs no room, and only that: done is a
// job that is ready.
func (s *server) goesOn(done object) {
	s.t.Helper()
	s.refuses()
	_, body := s.call("GET", done.text("file", "url"), "")
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != done.text("file", "sha256") {
		s.t.Errorf("got %d bytes of another file", len(body))
	}
	if all := s.follow("/jobs/"+done.text("id")+"/events", "").rest(); len(all) == 0 || all[len(all)-1].name != "ready" {
		s.t.Errorf("got %v, want the history of a job that is ready", all)
	}
	s.must(http.StatusOK, "GET", "/jobs")
	s.must(http.StatusOK, "GET", "/healthz")
}

// refuses wants a new job to be refused for want of room, in words for programs
// and for people.
func (s *server) refuses() {
	s.t.Helper()
	resp, b := s.call("POST", "/jobs", spec("docs", "zip"))
	if wait, err := strconv.Atoi(resp.Header.Get("Retry-After")); resp.StatusCode != http.StatusServiceUnavailable || err != nil || wait < 1 {
		s.t.Errorf("POST /jobs: got %s and Retry-After %q, want 503 and when to come back", resp.Status, resp.Header.Get("Retry-After"))
	}
	if got := parse(s.t, b).text("code"); got != "disk_full" {
		s.t.Errorf("POST /jobs: got the code %q, want disk_full", got)
	}
	resp, b = s.call("POST", "/jobs", "source=docs&format=zip", "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
	if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(b), "disk is full") {
		s.t.Errorf("a form: got %s, want 503 and a page that says why", resp.Status)
	}
	s.must(http.StatusServiceUnavailable, "GET", "/readyz")
}

// stops wants the server to end well when it is told to.
func (s *server) stops() {
	s.t.Helper()
	if got := s.stop(syscall.SIGTERM); got != 0 {
		s.t.Errorf("got exit status %d, want 0", got)
	}
}

// same wants a job to become ready with the same file as another, after so many
// pauses of which nobody would say that something is missing in the file.
func (s *server) same(id string, want object, pauses int) {
	s.t.Helper()
	j := s.ready(id)
	if got, want := j.text("file", "sha256"), want.text("file", "sha256"); got != want || j.number("warnings") > 0 {
		s.t.Errorf("got a file with the hash %s and %v warnings, want %s and none", got, j.number("warnings"), want)
	}
	told := 0
	for _, e := range s.follow("/jobs/"+id+"/events", "").rest() {
		if strings.Contains(e.data, "paused_disk_full") {
			told++
		}
	}
	if told != pauses {
		s.t.Errorf("got %d warnings of a pause, want %d", told, pauses)
	}
}

// roomy waits until the server takes jobs again.
func (s *server) roomy() {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		resp, b := s.call("GET", "/readyz", "")
		if resp.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("GET /readyz: got %s: %s", resp.Status, b)
		}
	}
}
