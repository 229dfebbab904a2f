//go:build long

package export_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"go/build"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/folder"
	"example.org/carryout/jobs/source/sqlite"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

// The clock of this test is the time that the processors spend on this process,
// and it is the clock of the meter too. On a machine that does other things at
// the same time, as one that runs tests does, a second of the wall says more of
// those than of the export, and nobody can foresee it. What has to be right is
// how the work is weighed, and that is what the processors' time shows: it is
// all work, the exports read from memory. The figures of the wall clock are
// printed beside it. The time to write comes on top of it on a slow disk.
//
// What other processes do to the caches is still in it, so a measurement is
// repeated when it fails. A weight that is wrong is wrong each time.
const tries = 6

func TestProgressIsProportionalToTime(t *testing.T) {
	for _, c := range corpora(t) {
		for _, spec := range c.specs {
			t.Run(c.name+" "+spec.Format+" "+spec.Options["level"], func(t *testing.T) {
				for try := 1; ; try++ {
					all := watch(t, c.source, spec)
					by := judge(all, func(m moment) time.Time { return m.cpu })
					wall := judge(all, func(m moment) time.Time { return m.wall })
					last := all[len(all)-1]
					sealed := last.cpu.Sub(first(all, func(p jobs.Progress) bool { return p.Phase == jobs.Sealing }).cpu)
					almost := last.cpu.Sub(first(all, func(p jobs.Progress) bool { return p.Fraction.Value >= 0.99 }).cpu)
					t.Logf("%5.2f s of processors: fraction off by %+.3f at %.2f, %3.0f %% of %d estimates hold, at 99 %% for %v, sealed in %v; %5.2f s by the wall: off by %+.3f, %3.0f %% hold",
						by.total, by.worst, by.at, 100*by.held, by.estimates, almost.Round(time.Millisecond), sealed.Round(time.Millisecond), wall.total, wall.worst, 100*wall.held)
					soon := max(0.03*by.total, 0.05) // three times as long as the last hundredth would be
					if math.Abs(by.worst) <= 0.07 && by.held >= 0.8 && by.estimates > 0 && almost.Seconds() <= soon && sealed <= 50*time.Millisecond {
						return
					}
					if try == tries {
						t.Fatalf("got a fraction off by %.3f, %.0f %% of the estimates right, %v at 99 %% and %v of sealing, want 0.07, 80 %%, %.3f s and 50 ms",
							by.worst, 100*by.held, almost, sealed, soon)
					}
				}
			})
		}
	}
}

// A corpus is something to measure with.
type corpus struct {
	name   string
	source source.Source
	specs  []jobs.Spec
}

func corpora(t *testing.T) (all []corpus) {
	var archives []jobs.Spec
	for _, name := range []string{"zip default", "zip fastest", "tar.gz default", "tar.zst default"} {
		name, level, _ := strings.Cut(name, " ")
		archives = append(archives, jobs.Spec{Source: "s", Format: name, Options: map[string]string{"level": level}})
	}
	archives = append(archives, jobs.Spec{Source: "s", Format: "tar"})
	text, noise := logLines(64<<20), make([]byte, 16<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)

	log, movie, mixed := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(log, "server.log"), text, 4)
	write(t, filepath.Join(movie, "movie.bin"), noise, 32) // whose name says nothing
	write(t, filepath.Join(mixed, "a.log"), text, 1)
	write(t, filepath.Join(mixed, "b.bin"), noise, 8)
	write(t, filepath.Join(mixed, "y.log"), text, 1)
	write(t, filepath.Join(mixed, "z.jpg"), noise, 4)
	library := filepath.Join(build.Default.GOROOT, "src")
	if err := os.CopyFS(filepath.Join(mixed, "m"), os.DirFS(filepath.Join(library, "cmd"))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, root string }{{"many small files", library}, {"one log", log}, {"one of noise", movie}, {"a mixture", mixed}} {
		src, err := folder.Open(c.root)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { src.Close() })
		all = append(all, corpus{c.name, src, archives})
	}
	return append(all, corpus{"a table", database(t, 1_000_000), []jobs.Spec{
		{Source: "s", Table: "orders", Format: "csv"}, {Source: "s", Table: "orders", Format: "jsonl"},
	}})
}

func logLines(n int) []byte {
	r := rand.New(rand.NewChaCha8([32]byte{1}))
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "2026-11-21T10:%02d:%02d.%03dZ INFO worker=%d job %x took %d ms and made %d bytes\n",
			i/60000%60, i/1000%60, i%1000, r.IntN(16), r.Uint32(), r.IntN(1000), r.IntN(1_000_000))
	}
	return b[:n]
}

func write(t *testing.T, path string, content []byte, times int) {
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

func database(t *testing.T, rows int) source.Source {
	file := filepath.Join(t.TempDir(), "shop.db")
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total REAL, note TEXT, placed TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO orders SELECT i, 'customer ' || (i % 9973), i / 7.0, hex(randomblob(i % 20)), '2026-11-21 10:00:00' FROM n`, rows)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	src, err := sqlite.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// A moment is what was said of a job at a time.
type moment struct {
	wall, cpu time.Time
	progress  jobs.Progress
}

// processors is the time that the processors have spent on this process.
func processors() time.Time {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Unix(0, r.Utime.Nano()+r.Stime.Nano())
}

// watch exports src and returns what was said meanwhile, ten times as often as
// the server says it, with the beginning and the end.
func watch(t *testing.T, src source.Source, spec jobs.Spec) []moment {
	t.Helper()
	place, err := dir.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e := &export.Exporter{Sources: []export.Named{{Name: spec.Source, Source: src}}, Formats: format.All(), Artifacts: place, Workers: 2}
	m := &meter.Meter{Now: processors}
	task := work.Task{
		Lease: store.Lease{Job: jobs.Job{ID: id, Spec: spec}},
		Meter: m, Keep: func(context.Context, []byte) error { return nil },
	}
	all := []moment{{wall: time.Now(), cpu: processors()}}
	done := make(chan error, 1)
	go func() { _, err := e.Run(t.Context(), task); done <- err }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return append(all, moment{wall: time.Now(), cpu: processors()})
		case <-tick.C:
			all = append(all, moment{time.Now(), processors(), m.Progress()})
		}
	}
}

// A verdict says how far what was said was from the truth, by one clock.
type verdict struct {
	total     float64 // seconds
	worst     float64 // difference of a fraction and the share of the time
	at        float64 // the share then
	estimates int     // after the first tenth
	held      float64 // share of them
}

func judge(all []moment, clock func(moment) time.Time) (v verdict) {
	begin, end := clock(all[0]), clock(all[len(all)-1])
	v.total = end.Sub(begin).Seconds()
	right := 0
	for _, m := range all {
		p, share := m.progress, clock(m).Sub(begin).Seconds()/v.total
		if off := p.Fraction.Value - share; p.Fraction.Known && math.Abs(off) > math.Abs(v.worst) {
			v.worst, v.at = off, share
		}
		if share <= 0.1 || !p.Left.Known {
			continue
		}
		v.estimates++
		if left := end.Sub(clock(m)); p.Left.Value.Low <= left && left <= p.Left.Value.High {
			right++
		}
	}
	v.held = float64(right) / float64(max(v.estimates, 1))
	return v
}

// first returns the first moment of which is says so, or the end.
func first(all []moment, is func(jobs.Progress) bool) moment {
	for _, m := range all {
		if is(m.progress) {
			return m
		}
	}
	return all[len(all)-1]
}
