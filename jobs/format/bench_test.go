package format_test

import (
	"go/build"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source/folder"
)

func BenchmarkZip(b *testing.B)    { benchmark(b, "zip") }
func BenchmarkTarGz(b *testing.B)  { benchmark(b, "tar.gz") }
func BenchmarkTarZst(b *testing.B) { benchmark(b, "tar.zst") }
func BenchmarkTar(b *testing.B)    { benchmark(b, "tar") }

// benchmark makes archives of a tree as the server does it: planned, hashed and
// made durable. The tree is the standard library, or that at CARRYOUT_BENCH.
func benchmark(b *testing.B, name string) {
	f := find(b, name)
	if len(f.Options) == 0 {
		benchmarkLevel(b, f, nil)
		return
	}
	for _, level := range levels() {
		b.Run(level, func(b *testing.B) { benchmarkLevel(b, f, map[string]string{"level": level}) })
	}
}

func benchmarkLevel(b *testing.B, f format.Format, options map[string]string) {
	tree := os.Getenv("CARRYOUT_BENCH")
	if tree == "" {
		tree = filepath.Join(build.Default.GOROOT, "src")
	}
	src, err := folder.Open(tree)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { src.Close() })
	store, err := dir.New(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	began := cpu(b)
	var d artifact.Digest
	for b.Loop() {
		data, err := src.Open(b.Context(), jobs.Spec{})
		if err != nil {
			b.Fatal(err)
		}
		staged, err := store.Stage(b.Context(), "AAAAAAAAAAAAAAAAAAAAAAAAAA", nil)
		if err != nil {
			b.Fatal(err)
		}
		out := artifact.NewWriter(staged)
		last := time.Now()
		task := format.Task{Out: out, Meter: &meter.Meter{}, Options: f.Complete(options), Workers: runtime.GOMAXPROCS(0)}
		task.Save = func(state func() []byte) error { // as often as the server does
			if time.Since(last) < 2*time.Second {
				return nil
			}
			last = time.Now()
			state()
			_, err := out.Checkpoint()
			return err
		}
		if err := do(b.Context(), f, task, data); err != nil {
			b.Fatal(err)
		}
		if d, err = out.Commit(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := data.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(d.Size), "size")
	b.ReportMetric((cpu(b)-began).Seconds()/float64(b.N), "cpu-s/op")
}

// cpu returns the time that the processors have spent on this process.
func cpu(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
