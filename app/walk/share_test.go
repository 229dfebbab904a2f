package walk_test

import (
	"net/http"
	"strings"
	"testing"
)

// Of two exports of 6 MiB that fill -max-space while neither is ready, one goes on.
// Its file alone is more than there may be, so the other waits until that has gone.
func TestExportsThatFillAllSpaceGetReadyOneByOne(t *testing.T) {
	t.Parallel()
	s := slowly(t, t.TempDir(), "-max-space=5MiB", "-throttle=5000000")
	first, second := s.begin()
	one := s.ready(first)
	s.until(second, "paused_space_full")
	s.waits(second)
	resp, b := s.call("POST", "/jobs", spec("docs", "zip"))
	if got := parse(t, b).text("code"); resp.StatusCode != http.StatusServiceUnavailable || got != "space_full" {
		t.Errorf("POST /jobs: got %s and the code %q, want 503 and space_full", resp.Status, got)
	}
	if strings.Contains(string(b), "disk") {
		t.Errorf("POST /jobs: got %s, want no word of a disk", b)
	}
	st := s.follow("/jobs/"+second+"/events", "")
	if resp, _ := s.call("GET", one.text("file", "url"), ""); resp.StatusCode != http.StatusOK {
		t.Fatalf("downloading the first file: got %s", resp.Status)
	}
	events := st.rest()
	if last := events[len(events)-1]; last.name != "ready" {
		t.Errorf("got the last event %s %s, want the second job to be ready", last.name, last.data)
	}
	for _, e := range events {
		if strings.Contains(e.data, "disk") {
			t.Errorf("got %s %s, want no word of a disk", e.name, e.data)
		}
	}
	if got := s.get("/jobs/" + first).text("state"); got != "expired" {
		t.Errorf("got the first job %s, want its file to have made the room", got)
	}
}
