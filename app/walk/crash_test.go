package walk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The server is killed again and again while jobs of every kind come in and
// run. Nothing that it has accepted may be lost.
func TestNothingAcceptedIsLostWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, "-data", data, "-source", "docs="+tree(t), "-source", "shop=sqlite:"+shop(t, 20000), "-throttle=8000000", "-attempts=100")
	specs := []string{
		spec("docs", "zip"), spec("docs", "tar.gz"), spec("docs", "tar.zst"),
		spec("shop", "csv", `"table":"orders"`), spec("shop", "jsonl", `"table":"orders"`),
	}
	seen := make(map[string][]event) // by job, in the order in which they were told
	var ids []string
	for round := range 8 {
		for range 4 {
			ids = append(ids, s.submit(specs[rand.IntN(len(specs))]).text("id"))
		}
		// One follower is there when the power goes.
		id := ids[len(ids)-1-rand.IntN(4)]
		st := s.follow("/jobs/"+id+"/events", lastID(seen[id]))
		killed := make(chan struct{})
		end := time.AfterFunc(time.Duration(20+rand.IntN(700))*time.Millisecond, func() { defer close(killed); s.kill() })
		for {
			e, err := st.next()
			if err != nil {
				break
			}
			seen[id] = append(seen[id], e)
		}
		if end.Stop() {
			s.kill() // the job was done before its time
		} else {
			<-killed
		}
		s.restart()
		t.Logf("round %d: %d jobs", round, len(ids))
	}
	for _, id := range ids {
		checkEnd(t, s, id)
		if before := seen[id]; len(before) > 0 {
			checkHistory(t, append(slices.Clone(before), s.follow("/jobs/"+id+"/events", lastID(before)).rest()...))
		}
	}
	s.kill()
	s.restart() // the start sweeps
	checkDisk(t, data, ids)
}

func lastID(events []event) string {
	if len(events) == 0 {
		return ""
	}
	return events[len(events)-1].id
}

// checkEnd wants a job that is ready with a right file, or failed with a
// reason, and exactly one last event.
func checkEnd(t *testing.T, s *server, id string) {
	t.Helper()
	j := s.finish(id)
	all := s.follow("/jobs/"+id+"/events", "").rest()
	checkHistory(t, all)
	ends := 0
	for _, e := range all {
		if e.name == "ready" || e.name == "failed" || e.name == "canceled" {
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("job %s: got %d last events, want 1", id, ends)
	}
	switch j.text("state") {
	case "ready":
		_, body := s.call("GET", "/jobs/"+id+"/file", "")
		sum := sha256.Sum256(body)
		if got, want := hex.EncodeToString(sum[:]), j.text("file", "sha256"); got != want {
			t.Errorf("job %s: got a file with the hash %s, want %s", id, got, want)
		}
	case "failed":
		if j.text("error", "message") == "" {
			t.Errorf("job %s: failed without a reason", id)
		}
	default:
		t.Errorf("job %s: got %s, want ready or failed", id, j.text("state"))
	}
}

// checkDisk wants no file without a job and nothing unfinished.
func checkDisk(t *testing.T, data string, ids []string) {
	t.Helper()
	ready, err := os.ReadDir(filepath.Join(data, "artifacts", "ready"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range ready {
		if id, _, _ := strings.Cut(f.Name(), "."); !slices.Contains(ids, id) {
			t.Errorf("got the file %s, which no job has made", f.Name())
		}
	}
	staged, err := os.ReadDir(filepath.Join(data, "artifacts", "staged"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range staged {
		t.Errorf("got the unfinished file %s", f.Name())
	}
}

func TestAFollowerGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), slow)
	id := s.submit(spec("docs", "zip")).text("id")
	path := "/jobs/" + id + "/events"
	st := s.follow(path, "")
	var seen []event
	for len(seen) < 8 {
		e, err := st.next()
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, e)
	}
	s.kill()
	s.restart()
	rest := s.follow(path, lastID(seen)).rest()
	checkHistory(t, append(seen, rest...))
	first, err := strconv.Atoi(rest[0].id)
	if err != nil {
		t.Fatal(err)
	}
	if last, _ := strconv.Atoi(lastID(seen)); first != last+1 && rest[0].name != "progress" {
		t.Errorf("got %v after event %d, want what comes next", rest[0], last)
	}
	kinds := fmt.Sprint(rest)
	for _, want := range []string{"requeued", "started", "ready"} {
		if !strings.Contains(kinds, want) {
			t.Errorf("got no %s event after the kill", want)
		}
	}
}
