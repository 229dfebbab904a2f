package format_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
)

func TestAPanicEndsTheRunAndNotTheProcess(t *testing.T) {
	for _, name := range archives() {
		for _, size := range []int64{100, 9 << 20} {
			synctest.Test(t, func(t *testing.T) { // whose end finds goroutines that are left
				nodes := sample()
				nodes["big/trap"] = node{planned: size, reader: trap{}}
				_, err := run(t.Context(), find(t, name), nil, files(nodes), newStaged())
				if err == nil || !strings.Contains(err.Error(), "the trap was sprung") {
					t.Errorf("%s: got %v, want the panic as an error", name, err)
				}
			})
		}
	}
}

// trap is a reader that panics.
type trap struct{}

func (trap) Read([]byte) (int, error) { panic("the trap was sprung") }

func TestNothingIsLeftRunningAfterACancel(t *testing.T) {
	for _, name := range archives() {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			nodes := sample()
			nodes["big/slow"] = node{planned: 4 << 20, reader: &endless{after: 1 << 20, then: cancel}}
			if _, err := run(ctx, find(t, name), nil, files(nodes), newStaged()); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want context.Canceled", name, err)
			}
		})
	}
}

func TestWhatIsReadAheadHasAnEnd(t *testing.T) {
	// A disk that takes nothing must stop the reading.
	for _, name := range archives() {
		var read atomic.Int64
		nodes := map[string]node{"a": {planned: 1 << 40, reader: newCounted(&read)}}
		for i := range 5000 {
			nodes[fmt.Sprintf("b/%04d", i)] = node{planned: 100 << 10, reader: io.LimitReader(newCounted(&read), 100<<10)}
		}
		delete(nodes, map[bool]string{true: "a", false: ""}[name == "zip"])
		ctx, cancel := context.WithCancel(t.Context())
		s := &stuck{ctx: ctx, staged: newStaged()}
		out := artifact.NewWriter(s)
		f := find(t, name)
		task := format.Task{Out: out, Meter: &meter.Meter{}, Options: f.Complete(nil), Workers: 4}
		done := make(chan error, 1)
		go func() { done <- do(ctx, f, task, files(nodes)) }()
		settle(&read)
		if got := read.Load(); got > 64<<20 {
			t.Errorf("%s: got %d bytes read ahead", name, got)
		}
		cancel()
		if err := <-done; err == nil {
			t.Errorf("%s: got no error", name)
		}
		if err := out.Abort(); err != nil {
			t.Error(err)
		}
	}
}

// settle waits until n stays the same for a while.
func settle(n *atomic.Int64) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for last := int64(-1); ; {
		<-tick.C
		now := n.Load()
		if now == last && now > 0 {
			return
		}
		last = now
	}
}

// counted is noise without end that counts what is read of it.
type counted struct {
	n     *atomic.Int64
	noise *rand.ChaCha8
}

func newCounted(n *atomic.Int64) counted { return counted{n, rand.NewChaCha8([32]byte{})} }

func (c counted) Read(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return c.noise.Read(p)
}

// stuck is a Staged that waits.
type stuck struct {
	*staged
	ctx context.Context
}

func (s *stuck) Write([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, errDisk
}

func TestMemoryStaysBounded(t *testing.T) {
	for _, name := range archives() {
		for _, workers := range []int{2, 16} {
			nodes := map[string]node{"a": {planned: 80 << 20, reader: newCounted(new(atomic.Int64))}}
			f := find(t, name)
			out := artifact.NewWriter(&devNull{staged: newStaged()})
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			most := uint64(0)
			task := format.Task{Out: out, Meter: &meter.Meter{}, Options: f.Complete(nil), Workers: workers, Save: func(func() []byte) error {
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
				return nil
			}}
			if err := do(t.Context(), f, task, files(nodes)); err != nil {
				t.Fatal(err)
			}
			if err := out.Abort(); err != nil {
				t.Fatal(err)
			}
			used := int64(most-before.HeapInuse) >> 20
			t.Logf("%s, %d workers: %d MiB", name, workers, used)
			if used > 96 {
				t.Errorf("%s, %d workers: got %d MiB in use, want 96 at most", name, workers, used)
			}
		}
	}
}

// devNull is a Staged that keeps nothing.
type devNull struct {
	*staged
	size int64
}

func (d *devNull) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	return len(p), nil
}

func (d *devNull) Size() int64 { return d.size }
