//go:build long

package walk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	stretch   = 64 * mib // of file between two cursors
	readAhead = 24 * mib // by the workers, at most
)

// A server is killed at the worst moment, just before it keeps a cursor. What
// the next one reads in all is the rest of the source from the cursor before.
func TestAKillCostsTheWorkOfOneCheckpoint(t *testing.T) {
	t.Parallel()
	docs, data := t.TempDir(), t.TempDir()
	const size = 5 * stretch
	for _, err := range []error{
		os.WriteFile(filepath.Join(docs, "large"), nil, 0o644),
		os.Truncate(filepath.Join(docs, "large"), size), // sparse: it is to cost no disk
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := prepare(t, "-data", data, "-source", "docs="+docs, "-checkpoint=1h", "-workers=1")
	s.bin, s.env = failing(t), []string{"CARRYOUT_FAILPOINT=staged-kept=kill:3"}
	s.start()
	id := s.submit(spec("docs", "zip", `"options":{"level":"store"}`)).text("id")
	<-s.done
	s.done <- nil
	if !killedItself(s) {
		t.Fatalf("got %v, want it to die", s.cmd.ProcessState)
	}
	s.env = nil
	s.start()
	before := bytesRead(t, s)
	s.ready(id)
	const rest = size - 2*stretch
	if got := bytesRead(t, s) - before; got < rest-stretch || got > rest+readAhead {
		t.Errorf("got %d MiB read again, want the %d MiB after the second cursor", got/mib, rest/mib)
	} else {
		t.Logf("%d MiB of %d read, from the second cursor of two to the end", got/mib, size/mib)
	}
	for _, e := range s.follow("/jobs/"+id+"/events", "").rest() {
		if done := e.json(t).number("progress", "bytes", "done"); e.name == "started" && done > 0 {
			if done < 2*stretch-readAhead || done > 3*stretch {
				t.Errorf("got %.0f MiB said to be done, want %d", done/mib, 2*stretch/mib)
			}
			return
		}
	}
	t.Error("the second start does not say what is done")
}

// bytesRead is what a server has asked the kernel for since it began.
func bytesRead(t *testing.T, s *server) (n int64) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(strings.TrimSpace(string(b)), "rchar: %d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}
