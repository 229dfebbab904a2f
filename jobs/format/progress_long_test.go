//go:build long

package format_test

import (
	"go/build"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source/folder"
)

// corpora returns folders to measure with: many small files, a log, what is
// compressed already, and a mixture.
func corpora(t *testing.T) map[string]string {
	library := filepath.Join(build.Default.GOROOT, "src")
	log, packed, mixture := t.TempDir(), t.TempDir(), t.TempDir()
	text := []byte(prose(1 << 20))
	write := func(path string, content []byte, times int) {
		t.Helper()
		f, err := os.Create(path)
		for range times {
			if err == nil {
				_, err = f.Write(content)
			}
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(log, "server.log"), text, 60)
	write(filepath.Join(packed, "film.mp4"), []byte(noise(8<<20)), 64)
	if err := os.CopyFS(filepath.Join(mixture, "b"), os.DirFS(library)); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(mixture, "a.mp4"), []byte(noise(8<<20)), 24)
	write(filepath.Join(mixture, "c.log"), text, 20)
	write(filepath.Join(mixture, "d.mp4"), []byte(noise(8<<20)), 24)
	return map[string]string{"library": library, "log": log, "packed": packed, "mixture": mixture}
}

func TestProgressIsProportionalToTime(t *testing.T) {
	for corpus, root := range corpora(t) {
		for _, name := range archives() {
			for _, level := range []string{"fastest", "default"} {
				if name == "tar" && level == "fastest" {
					continue
				}
				worst, within, took := measure(t, name, level, root)
				t.Logf("%-8s %-8s %-8s %5.2f s: off by %.3f at most, %3.0f %% of the estimates hold", corpus, name, level, took.Seconds(), worst, 100*within)
			}
		}
	}
}

// measure makes an archive, and returns how far the fraction was from that of
// the time at worst, and how many of the estimates held the time really left.
func measure(t *testing.T, name, level, root string) (worst, within float64, took time.Duration) {
	t.Helper()
	src, err := folder.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close() // only read
	data, err := src.Open(t.Context(), jobs.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close() // only read
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() // of no use any more
	out := artifact.NewWriter(&onDisk{newStaged(), file, 0})
	f := find(t, name)
	o := map[string]string{}
	if f.Has("level") {
		o["level"] = level
	}
	type look struct {
		at       time.Time
		progress jobs.Progress
	}
	var looks []look
	m := &meter.Meter{}
	task := format.Task{Out: out, Meter: m, Options: f.Complete(o), Workers: 2}
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- do(t.Context(), f, task, data) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for running := true; running; {
		select {
		case err = <-done:
			running = false
		case <-tick.C:
			looks = append(looks, look{time.Now(), m.Progress()})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now()
	if err := out.Abort(); err != nil {
		t.Fatal(err)
	}
	for len(looks) > 0 && looks[0].progress.Phase != jobs.Assembling {
		began, looks = looks[0].at, looks[1:]
	}
	took = end.Sub(began)
	estimates, held := 0, 0
	for _, l := range looks {
		share := float64(l.at.Sub(began)) / float64(took)
		worst = max(worst, math.Abs(l.progress.Fraction.Value-share))
		if left := l.progress.Left; left.Known && share > 0.1 {
			estimates++
			if real := end.Sub(l.at); real >= left.Value.Low && real <= left.Value.High {
				held++
			}
		}
	}
	return worst, float64(held) / float64(max(estimates, 1)), took
}

// onDisk is a Staged that writes to a file.
type onDisk struct {
	*staged
	file *os.File
	size int64
}

func (d *onDisk) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	return d.file.Write(p)
}

func (d *onDisk) Size() int64 { return d.size }
