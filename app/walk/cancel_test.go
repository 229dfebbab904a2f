package walk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// letGo is how soon after a cancel the worker has to take another job. It is
// 200 ms; the program under test is slower here by the race detector, and
// the machine has other things to do.
const letGo = 2 * time.Second

// The one worker of the server has a job, and another one waits. When the first
// is canceled the second starts: so long the first has held on.
func TestACanceledJobLetsItsWorkerGo(t *testing.T) {
	big, small := t.TempDir(), t.TempDir()
	write(t, filepath.Join(big, "disk.img"), []byte("x"))
	if err := os.Truncate(filepath.Join(big, "disk.img"), 64<<30); err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		write(t, filepath.Join(small, fmt.Sprint(i%20), fmt.Sprint(i)), []byte(strings.Repeat("x", 5000)))
	}
	s := start(t, "-source", "big="+big, "-source", "small="+small, "-source", "docs="+tree(t), "-workers", "1", "-throttle", "2000000000")
	slow := start(t, "-source", "small="+small, "-source", "docs="+tree(t), "-workers", "1", "-throttle", "3000000")
	for _, c := range []struct {
		name  string
		s     *server
		spec  string
		phase string
	}{
		{"in the middle of a big file", s, spec("big", "zip"), "assembling"},
		{"in the middle of a big file of a tar", s, spec("big", "tar.zst"), "assembling"},
		{"among many small files, read slowly", slow, spec("small", "zip"), "assembling"},
		{"as soon as it has started", s, spec("small", "tar.gz"), ""},
	} {
		id := c.s.submit(c.spec).text("id")
		running := c.s.follow("/jobs/"+id+"/events", "")
		for {
			e, err := running.next()
			if err != nil {
				t.Fatalf("%s: the job was over before it was canceled: %v", c.name, err)
			}
			if e.name == "started" && c.phase == "" || e.name == "progress" && e.json(t).text("phase") == c.phase && e.json(t).number("fraction") > 0 {
				break
			}
		}
		next := c.s.submit(spec("docs", "zip")).text("id")
		waiting := c.s.follow("/jobs/"+next+"/events", "")
		began := time.Now()
		c.s.call("POST", "/jobs/"+id+"/cancel", "")
		for {
			e, err := waiting.next()
			if err != nil {
				t.Fatal(err)
			}
			if e.name == "started" {
				break
			}
		}
		took := time.Since(began)
		t.Logf("%s: let go after %v", c.name, took.Round(time.Millisecond))
		if took > letGo {
			t.Errorf("%s: got %v until the next job has started, want %v at most", c.name, took, letGo)
		}
		c.s.finish(next)
	}
}
