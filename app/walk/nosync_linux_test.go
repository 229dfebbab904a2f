package walk_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Some disks take what is written, and say only when it is synced that there is
// no room. Then nothing that was taken is lost, nothing is told that is not
// kept, and the server goes on when there is room again.
func TestASyncThatFindsNoRoomLosesNothing(t *testing.T) {
	library := filepath.Join(t.TempDir(), "nosync.so")
	run(t, strings.TrimSpace(run(t, "go", "env", "CC")), "-shared", "-fPIC", "-o", library, "testdata/nosync.c", "-ldl")
	small := spec("docs", "zip", `"paths":["0"]`)
	for name, goesOn := range map[string]func(s *server){
		"there is room again":  func(*server) {},
		"the server is killed": func(s *server) { s.kill(); s.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			full := filepath.Join(t.TempDir(), "full")
			s := prepare(t, "-data", t.TempDir(), "-source", "docs="+noise(t), "-throttle=4000000", "-workers=2", "-checkpoint=100ms")
			s.env = []string{"LD_PRELOAD=" + library, "NOSYNC=" + full}
			s.start()
			want := s.ready(s.submit(spec("docs", "tar")).text("id"))
			id := s.submit(spec("docs", "tar")).text("id")
			s.until(id, `"phase":"assembling"`)
			st := s.follow("/jobs/"+id+"/events", "")

			write(t, full, nil)
			for n := range 5 {
				resp, b := s.call("POST", "/jobs", small, "Idempotency-Key", strconv.Itoa(n))
				if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || parse(t, b).text("code") != "disk_full" {
					t.Errorf("got %s and %s, want 503, disk_full, and when to come back", resp.Status, b)
				}
			}
			s.must(http.StatusOK, "GET", want.text("file", "url"))
			if err := os.Remove(full); err != nil {
				t.Fatal(err)
			}
			goesOn(s)

			var told []event
			for e, err := st.next(); err == nil; e, err = st.next() { // to the end, or to that of the server
				told = append(told, e)
			}
			checkFile(t, s, s.ready(id), want.text("file", "sha256"))
			history := s.follow("/jobs/"+id+"/events", "").rest()
			checkOneEnd(t, id, history)
			checkHistory(t, history)
			checkToldTheSame(t, id, told, history)
			asked := map[string]bool{want.text("id"): true, id: true}
			for n := range 5 {
				_, b := s.call("POST", "/jobs", small, "Idempotency-Key", strconv.Itoa(n))
				other := parse(t, b).text("id")
				asked[other] = true
				s.ready(other)
			}
			if list, ok := s.get("/jobs").at("jobs").([]any); !ok || len(list) != len(asked) {
				t.Errorf("got %d jobs, want the %d that were asked for", len(list), len(asked))
			}
		})
	}
}
