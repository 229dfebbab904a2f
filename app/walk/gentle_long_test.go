//go:build long

package walk_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	aboveIdle = 96 << 20 // above that of the idle server, for one job of any size
	mostFiles = 200_000
)

// plain builds the program without the race detector, which takes memory and
// time of its own.
func plain(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "carryout")
	run(t, "go", "build", "-o", program, "../cmd/carryout")
	return program
}

// bigSources writes a file of two gigabytes, of which a part is on disk, one
// that does not shrink, and very many small files. It returns flags for them.
func bigSources(t *testing.T) []string {
	t.Helper()
	sparse, noise, many := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(sparse, "disk.img"), []byte(strings.Repeat("something at the beginning\n", 1<<20)))
	if err := os.Truncate(filepath.Join(sparse, "disk.img"), 2<<30); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("sh", "-c", "head -c 1000000000 /dev/urandom >"+filepath.Join(noise, "noise.bin")).Run(); err != nil {
		t.Fatal(err)
	}
	for i := range mostFiles {
		write(t, filepath.Join(many, fmt.Sprintf("folder-%03d/of/%d", i%500, i%7), fmt.Sprintf("file-%06d.txt", i)), fmt.Appendf(nil, "the file %d\n", i))
	}
	return []string{"-source", "sparse=" + sparse, "-source", "noise=" + noise, "-source", "many=" + many}
}

func TestOneJobOfAnySizeTakesLittleMemory(t *testing.T) {
	flags, program := bigSources(t), plain(t)
	for _, source := range []string{"sparse", "noise", "many"} {
		for _, format := range []string{"zip", "tar.gz", "tar.zst"} {
			s := prepare(t, append(flags, "-data", t.TempDir(), "-workers", "1")...)
			s.bin = program
			s.start()
			s.counted()
			idle := s.anonymous()
			j := s.submit(spec(source, format))
			most := idle
			began := time.Now()
			for state := ""; state != "ready"; state = s.get("/jobs/" + j.text("id")).text("state") {
				if state == "failed" || time.Since(began) > 10*patience {
					t.Fatalf("got a job that is %s after %v", state, time.Since(began))
				}
				most = max(most, s.anonymous())
			}
			t.Logf("%-6s %-7s: %3d MiB idle, %3d MiB more at most, in %v", source, format, idle>>20, (most-idle)>>20, time.Since(began).Round(time.Millisecond))
			if most-idle > aboveIdle {
				t.Errorf("%s as %s: got %d MiB above idle, want %d at most", source, format, (most-idle)>>20, aboveIdle>>20)
			}
			s.kill()
		}
	}
}

// counted waits until the server has counted what its sources hold.
func (s *server) counted() {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		_, b := s.call("GET", "/sources", "")
		if !strings.Contains(string(b), `"items":null`) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the sources are not counted: %s", b)
		}
	}
}

// anonymous returns how much memory of its own the server has. Files that it has
// mapped are not counted: the system takes them back when it likes.
func (s *server) anonymous() int64 {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "RssAnon:")
	kilobytes, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return kilobytes << 10
}
