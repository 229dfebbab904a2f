//go:build long

package walk_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	kills      = 200
	underWay   = 10 // jobs that are not done, at the most
	killSooner = 30 * time.Millisecond
	killLater  = 900 * time.Millisecond

	pacing  = 16_000_000 // bytes a second that a job may read
	between = time.Second / 10

	// What is done again after a kill, at most: what a job reads between two
	// cursors, twice, and a few pieces, which are up to 2 MiB.
	doneAgain = 2*pacing/10 + 8<<20
)

// The server is killed 200 times at any moment while jobs of every format and
// size run. In the end each file is byte for byte what it is without a kill,
// and each follower has seen what everybody sees later.
func TestTwoHundredKillsLoseNothing(t *testing.T) {
	t.Parallel()
	data, docs := t.TempDir(), bigTree(t)
	flags := []string{"-source", "docs=" + docs, "-source", "shop=sqlite:" + shop(t, 100_000), fmt.Sprintf("-throttle=%d", pacing)}
	specs := everySpec()
	want := make(map[string]string) // hash, by spec
	calm := start(t, flags...)
	for _, spec := range specs {
		want[spec] = calm.ready(calm.submit(spec).text("id")).text("file", "sha256")
	}
	calm.kill()

	s := start(t, append(flags, "-data", data, fmt.Sprintf("-checkpoint=%s", between), "-attempts=1000")...)
	asked := make(map[string]string) // spec, by job
	seen := make(map[string][]event) // by job
	done := make(map[string]bool)    // jobs that were checked
	var ids, resumed []string
	for round := range kills {
		for len(ids)-len(done) < underWay {
			spec := specs[rand.IntN(len(specs))]
			id := s.submit(spec).text("id")
			ids, asked[id] = append(ids, id), spec
		}
		watched := ids[len(ids)-1-rand.IntN(underWay)]
		killWhileWatching(t, s, watched, seen)
		s.restart()
		for _, id := range ids {
			if done[id] {
				continue
			}
			j := s.get("/jobs/" + id) // every accepted job is there
			if j.text("state") == "ready" {
				done[id] = true
				checkFile(t, s, j, want[asked[id]])
			}
		}
		if round%20 == 19 {
			t.Logf("%d kills: %d jobs, %d done", round+1, len(ids), len(done))
		}
	}
	most := 0.0
	for _, id := range ids {
		j := s.finish(id)
		if !done[id] {
			checkFile(t, s, j, want[asked[id]])
		}
		history := s.follow("/jobs/"+id+"/events", "").rest()
		checkOneEnd(t, id, history)
		told := append(slices.Clone(seen[id]), s.follow("/jobs/"+id+"/events", lastID(seen[id])).rest()...)
		checkHistory(t, told)
		checkToldTheSame(t, id, seen[id], history)
		if j.number("attempt") > 1 && !strings.Contains(fmt.Sprint(history), "started_over") {
			resumed = append(resumed, id)
			again := lostWork(t, told)
			if most = max(most, again); again > doneAgain {
				t.Errorf("job %v: %.0f bytes were done again after a kill, want %d at most", j["spec"], again, doneAgain)
			}
		}
	}
	if len(resumed) == 0 {
		t.Error("no job has gone on in the middle")
	}
	t.Logf("%d jobs, of which %d were interrupted and none started over for a reason; at most %.0f bytes were done again", len(ids), len(resumed), most)
	s.kill()
	s.restart() // the start sweeps
	checkDisk(t, data, ids)
}

// lostWork returns the most bytes by which the start of an attempt lies behind
// what was done before it.
func lostWork(t *testing.T, history []event) (most float64) {
	t.Helper()
	done := 0.0
	for _, e := range history {
		switch e.name {
		case "started":
			from := e.json(t).number("progress", "bytes", "done")
			most, done = max(most, done-from), from
		case "progress":
			done = e.json(t).number("bytes", "done")
		}
	}
	return most
}

// everySpec is every format at levels and selections of several sizes.
func everySpec() (all []string) {
	for _, format := range []string{"zip", "tar.gz", "tar.zst"} {
		for _, level := range []string{"fastest", "default", "store"} {
			all = append(all, spec("docs", format, `"options":{"level":"`+level+`"}`))
		}
		all = append(all, spec("docs", format, `"paths":["small"]`))
	}
	return append(all, spec("docs", "tar"), spec("shop", "csv", `"table":"orders"`), spec("shop", "jsonl", `"table":"orders"`),
		spec("shop", "csv", `"table":"big_orders"`))
}

// bigTree writes files of some bytes to 12 MB, some of which do not shrink.
func bigTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	random := rand.NewChaCha8([32]byte{2})
	for n := range 300 {
		b := make([]byte, 1+n*50)
		random.Read(b[:len(b)/3])
		write(t, filepath.Join(dir, "small", fmt.Sprintf("%03d", n)), b)
	}
	for n, size := range []int{12 << 20, 5 << 20, 1 << 20} {
		b := make([]byte, size)
		random.Read(b[:size/(n+1)])
		write(t, filepath.Join(dir, "big", fmt.Sprint(n)), b)
	}
	return dir
}

// killWhileWatching follows a job until the power goes.
func killWhileWatching(t *testing.T, s *server, id string, seen map[string][]event) {
	t.Helper()
	st := s.follow("/jobs/"+id+"/events", lastID(seen[id]))
	killed := make(chan struct{})
	time.AfterFunc(killSooner+rand.N(killLater-killSooner), func() { defer close(killed); s.kill() })
	for {
		e, err := st.next()
		if err != nil {
			break // the server was killed, or the job is done
		}
		seen[id] = append(seen[id], e)
	}
	<-killed
}
