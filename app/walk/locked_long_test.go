//go:build long

package walk_test

import (
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const (
	held     = 30 * time.Second
	answered = 20 * time.Second // within which a request gets its answer, whatever it is: the store waits 5 s for a lock, twice at most, and this machine may be busy
)

// Another program holds the write lock of the server's database for 30 s.
// Requests are answered within a stated time, reading goes on, and nothing that
// was accepted before is lost.
func TestAForeignLockOfThirtySecondsLosesNothing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, "-data", data, "-source", "docs="+docsOnce(t), "-source", "shop=sqlite:"+shopOnce(t),
		"-throttle=400000", "-workers=2", "-checkpoint=500ms")
	specs := []string{spec("docs", "zip"), spec("shop", "csv", `"table":"orders"`), spec("docs", "tar", `"paths":["readme.md"]`)}
	want := make(map[string]string)
	calm := start(t, "-source", "docs="+docsOnce(t), "-source", "shop=sqlite:"+shopOnce(t))
	for _, spec := range specs {
		want[spec] = calm.ready(calm.submit(spec).text("id")).text("file", "sha256")
	}
	calm.kill()

	small := s.ready(s.submit(specs[2]).text("id"))
	asked := make(map[string]string) // spec, by job
	for _, spec := range specs {     // two run, and the third waits in the queue
		asked[s.submit(spec).text("id")] = spec
	}
	for id, spec := range asked {
		if spec != specs[2] {
			s.awaitWork(id)
		}
	}

	db := open(t, filepath.Join(data, "carryout.db")+"?_txlock=immediate")
	defer db.Close()
	lock, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	release := time.Now().Add(held)
	refused := 0
	for n := 0; time.Now().Before(release); n++ {
		began := time.Now()
		resp, body := s.call("POST", "/jobs", specs[2], "Idempotency-Key", "held")
		switch after, err := strconv.Atoi(resp.Header.Get("Retry-After")); {
		case resp.StatusCode == http.StatusServiceUnavailable && err == nil && after > 0:
			refused++
		case resp.StatusCode != http.StatusCreated && resp.StatusCode != http.StatusOK:
			t.Errorf("got %s: %s, want it taken, or 503 and when to come back", resp.Status, body)
		}
		if took := time.Since(began); took > answered {
			t.Errorf("a request was answered after %s, want %s at most", took, answered)
		}
		if resp, _ := s.call("GET", small.text("file", "url"), ""); resp.StatusCode != http.StatusOK {
			t.Errorf("a download: got %s", resp.Status)
		}
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if refused == 0 {
		t.Error("the lock was never in the way")
	}
	resp, body := s.call("POST", "/jobs", specs[2], "Idempotency-Key", "held")
	if resp.StatusCode != http.StatusCreated && resp.StatusCode != http.StatusOK {
		t.Fatalf("with the lock gone: got %s: %s", resp.Status, body)
	}
	asked[parse(t, body).text("id")] = specs[2]
	for id, spec := range asked {
		checkFile(t, s, s.ready(id), want[spec])
		history := s.follow("/jobs/"+id+"/events", "").rest()
		checkOneEnd(t, id, history)
		checkHistory(t, history)
		t.Logf("%s: %s", spec, kinds(history))
	}
	if list, ok := s.get("/jobs").at("jobs").([]any); !ok || len(list) != 5 {
		t.Errorf("got %d jobs, want 5", len(list))
	}
}
