//go:build long

package export_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"go/build"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
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
// all work, and the exports read from memory and write to it. The figures of the
// wall clock are printed beside it. The time to write comes on top of it on a
// slow disk.
//
// What other processes do to the caches and to memory is still in it: the same
// export takes one second of the processors, or two. So when a measurement does
// not hold there are more, and what counts is their median at each share of the
// time. A weight that is wrong is wrong the same way each time, and stays in it;
// what a neighbor did is elsewhere each time, and does not.
const measurements = 9

func TestProgressIsProportionalToTime(t *testing.T) {
	place := inMemory(t)
	for _, c := range corpora(t) {
		for _, spec := range c.specs {
			t.Run(c.name+" "+spec.Format+" "+spec.Options["level"], func(t *testing.T) {
				var all []verdict
				for range measurements {
					moments := watch(t, place, c.source, spec)
					v := judge(moments, func(m moment) time.Time { return m.cpu })
					t.Logf("by the processors: %v; by the wall: %v", v, judge(moments, func(m moment) time.Time { return m.wall }))
					if v.wrong() == "" {
						return
					}
					all = append(all, v)
				}
				v := middle(all)
				t.Logf("in the middle: %v", v)
				if wrong := v.wrong(); wrong != "" {
					t.Fatalf("got %v, of which %s", v, wrong)
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

// memory keeps what is staged in memory, in the same one each time. A virtual
// machine may have to ask its host for that of a new file, and then takes several
// times as long to write it, or a part of it.
type memory struct {
	artifact.Store        // of all else
	room           []byte // of the latest file
}

func inMemory(t *testing.T) *memory {
	place, err := dir.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &memory{place, bytes.Repeat([]byte{1}, 640<<20)} // written, so that the memory is there
}

// Stage implements [artifact.Store].
func (m *memory) Stage(context.Context, jobs.ID, []byte) (artifact.Staged, error) {
	return &written{bytes.NewBuffer(m.room[:0])}, nil
}

// A written is a file in memory.
type written struct{ *bytes.Buffer }

func (w *written) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(w.Bytes()).ReadAt(p, at)
}

func (w *written) Size() int64                                   { return int64(w.Len()) }
func (w *written) Checkpoint() ([]byte, error)                   { return []byte("mark"), nil }
func (w *written) Commit(context.Context, artifact.Digest) error { return nil }
func (w *written) Abort() error                                  { return nil }
func (w *written) Leave() error                                  { return nil }

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
func watch(t *testing.T, place artifact.Store, src source.Source, spec jobs.Spec) []moment {
	t.Helper()
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

// shares is how many parts the time of an export is looked at in.
const shares = 20

// patient is what an export takes, in seconds, of which no estimate need be made.
const patient = 1

// A verdict says how far what was said was from the truth, by one clock.
type verdict struct {
	total  float64         // seconds
	off    [shares]float64 // the worst difference of a fraction and the share of the time, in each share
	held   float64         // share of the estimates after the first tenth; all of none, if it was short
	almost float64         // seconds at 99 % and above
	sealed float64         // seconds of sealing
}

func judge(all []moment, clock func(moment) time.Time) (v verdict) {
	begin, end := clock(all[0]), clock(all[len(all)-1])
	v.total = end.Sub(begin).Seconds()
	right, estimates := 0, 0
	for _, m := range all {
		p, share := m.progress, clock(m).Sub(begin).Seconds()/v.total
		here := &v.off[min(int(share*shares), shares-1)]
		if off := p.Fraction.Value - share; p.Fraction.Known && math.Abs(off) > math.Abs(*here) {
			*here = off
		}
		if share <= 0.1 || !p.Left.Known {
			continue
		}
		estimates++
		if left := end.Sub(clock(m)); p.Left.Value.Low <= left && left <= p.Left.Value.High {
			right++
		}
	}
	if v.held = 1; estimates > 0 {
		v.held = float64(right) / float64(estimates)
	} else if v.total > patient {
		v.held = 0
	}
	v.almost = end.Sub(clock(first(all, func(p jobs.Progress) bool { return p.Fraction.Value >= 0.99 }))).Seconds()
	v.sealed = end.Sub(clock(first(all, func(p jobs.Progress) bool { return p.Phase == jobs.Sealing }))).Seconds()
	return v
}

// middle is the median of all in everything.
func middle(all []verdict) (v verdict) {
	median := func(of func(verdict) float64) float64 {
		values := make([]float64, len(all))
		for i, one := range all {
			values[i] = of(one)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	v.total = median(func(v verdict) float64 { return v.total })
	for i := range v.off {
		v.off[i] = median(func(v verdict) float64 { return v.off[i] })
	}
	v.held = median(func(v verdict) float64 { return v.held })
	v.almost = median(func(v verdict) float64 { return v.almost })
	v.sealed = median(func(v verdict) float64 { return v.sealed })
	return v
}

// worst is the share of the time in which the fraction was off the furthest.
func (v verdict) worst() (share int) {
	for i, off := range v.off {
		if math.Abs(off) > math.Abs(v.off[share]) {
			share = i
		}
	}
	return share
}

// wrong says what is not as it has to be, or nothing.
func (v verdict) wrong() string {
	switch worst := v.off[v.worst()]; {
	case math.Abs(worst) > 0.07:
		return "the fraction is off by more than 0.07"
	case v.held < 0.8:
		return "less than 80 % of the estimates hold"
	case v.almost > max(0.03*v.total, 0.05): // three times as long as the last hundredth would be
		return "it is at 99 % for long"
	case v.sealed > 0.05:
		return "sealing takes more than 50 ms"
	}
	return ""
}

func (v verdict) String() string {
	worst := v.worst()
	return fmt.Sprintf("%.2f s, fraction off by %+.3f at %d %%, %.0f %% of the estimates hold, at 99 %% for %.0f ms, sealed in %.0f ms",
		v.total, v.off[worst], worst*100/shares, 100*v.held, 1000*v.almost, 1000*v.sealed)
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
