package export_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/room"
	"example.org/carryout/jobs/room/roomtest"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

const mib = 1 << 20

// narrow is a Room that is low from when a disk was met full, or from the
// start, until it is freed.
type narrow struct {
	low   atomic.Bool
	met   chan struct{} // somebody asks when it is freed
	freed chan struct{}
	small bool
}

func newNarrow() *narrow { return &narrow{met: make(chan struct{}, 1), freed: make(chan struct{})} }

func (n *narrow) Enter(room.Attempt) {}
func (n *narrow) Leave(room.Attempt) {}
func (n *narrow) Full()              { n.low.Store(true) }
func (n *narrow) Fits(int64) bool    { return !n.small }
func (n *narrow) Lack() room.Lack {
	if n.low.Load() {
		return room.Disk
	}
	return room.None
}
func (n *narrow) Holds(room.Attempt) (room.Lack, <-chan struct{}) {
	if !n.low.Load() {
		return room.None, nil
	}
	select {
	case n.met <- struct{}{}:
	default:
	}
	return room.Disk, n.freed
}

func (n *narrow) free() {
	n.low.Store(false)
	close(n.freed)
}

// attempted is what came of a run.
type attempted struct {
	file jobs.File
	err  error
}

// begin runs a task.
func begin(ctx context.Context, e *export.Exporter, t work.Task) <-chan attempted {
	end := make(chan attempted, 1)
	go func() {
		f, err := e.Run(ctx, t)
		end <- attempted{f, err}
	}()
	return end
}

// large is a source whose one file has 3 MiB.
func large() fake {
	content := make([]byte, 3*mib)
	rand.NewChaCha8([32]byte{3}).Read(content)
	return fake{about: aFolder, data: source.Data{Files: one{content: string(content)}}}
}

// onFullDisk is an exporter to a disk on which 1 MiB is left, and what makes
// room for more.
func onFullDisk(t *testing.T) (e *export.Exporter, n *narrow, root string, empty func()) {
	t.Helper()
	e, root = exporter(t, large())
	roomtest.Disk(t, filepath.Join(root, "staged"), 8*mib)
	n = newNarrow()
	e.Room = n
	return e, n, root, roomtest.Fill(t, filepath.Join(root, "staged"), mib)
}

var tarOfDocs = jobs.Spec{Source: "docs", Format: "tar"}

func TestAWriteThatFindsNoRoomWaitsAndGoesOn(t *testing.T) {
	plain, _ := exporter(t, large())
	want, err := plain.Run(t.Context(), task(tarOfDocs))
	if err != nil {
		t.Fatal(err)
	}
	e, n, root, empty := onFullDisk(t)
	// The folder of finished files is on the same disk, as rename wants it.
	if err := os.Remove(filepath.Join(root, "ready")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "staged", "ready"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("staged", "ready"), filepath.Join(root, "ready")); err != nil {
		t.Fatal(err)
	}
	tk := task(tarOfDocs)
	end := begin(t.Context(), e, tk)
	<-n.met
	warned := tk.Meter.Warnings()
	if len(warned) != 1 || warned[0].Code != jobs.PausedDiskFull {
		t.Errorf("got the warnings %v, want one of the pause", warned)
	}
	if p := tk.Meter.Progress(); p.Left.Known || p.Rate.Known {
		t.Errorf("got %+v while it waits, want no estimate", p)
	}
	empty()
	n.free()
	if got := <-end; got.err != nil || got.file != want {
		t.Errorf("got %+v, %v, want %+v", got.file, got.err, want)
	}
	if got := len(tk.Meter.Warnings()); got != 1 {
		t.Errorf("got %d warnings of one pause, want 1", got)
	}
}

func TestWhoWaitsForRoomEndsWhenAsked(t *testing.T) {
	stopping := make(chan struct{})
	for _, test := range []struct {
		name string
		end  func(cancel func())
		want error
	}{
		{"by a cancel", func(cancel func()) { cancel() }, context.Canceled},
		{"by a stop", func(func()) { close(stopping) }, work.ErrStopped},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, n, _, _ := onFullDisk(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tk := task(tarOfDocs)
			tk.Stopping = stopping
			end := begin(ctx, e, tk)
			<-n.met
			test.end(cancel)
			select {
			case got := <-end:
				if !errors.Is(got.err, test.want) {
					t.Errorf("got %v, want %v", got.err, test.want)
				}
			case <-time.After(10 * time.Second):
				t.Error("it goes on waiting")
			}
		})
	}
}

func TestAFileThatCanNeverFitFails(t *testing.T) {
	e, n, root, _ := onFullDisk(t)
	n.small = true
	_, err := e.Run(t.Context(), task(tarOfDocs))
	if fail := (*jobs.Failure)(nil); !errors.As(err, &fail) || fail.Code != "disk_full" {
		t.Errorf("got %v, want a failure that says so", err)
	}
	left, err := filepath.Glob(filepath.Join(root, "staged", string(id)+".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want nothing left of it", left, err)
	}
}

func TestAnExportWaitsOnceItHasKeptItsPlace(t *testing.T) {
	for _, test := range []struct {
		name string
		keep error // while room is low
	}{
		{"on disk", nil},
		{"even if the store is full", store.ErrFull},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, _ := exporter(t, large())
			n := newNarrow()
			e.Room, e.SaveBytes = n, mib/4
			tk := task(tarOfDocs)
			var kept, asked atomic.Int64
			tk.Keep = func(context.Context, []byte) error {
				if asked.Add(1) == 1 {
					n.Full()
				}
				if n.low.Load() && test.keep != nil {
					return test.keep
				}
				kept.Add(1)
				return nil
			}
			end := begin(t.Context(), e, tk)
			<-n.met
			select {
			case got := <-end:
				t.Fatalf("got %+v, want it to wait", got)
			case <-time.After(50 * time.Millisecond):
			}
			before := kept.Load()
			if test.keep == nil && before != 1 {
				t.Errorf("got %d cursors kept before it waits, want 1", before)
			}
			n.free()
			if got := <-end; got.err != nil {
				t.Error(got.err)
			}
			if kept.Load() <= before {
				t.Errorf("got %d cursors, want more when it goes on", kept.Load())
			}
		})
	}
}

func TestAnExportDoesNotBeginWithoutRoom(t *testing.T) {
	e, root := exporter(t, large())
	n := newNarrow()
	n.Full()
	e.Room = n
	end := begin(t.Context(), e, task(tarOfDocs))
	<-n.met
	if left, err := os.ReadDir(filepath.Join(root, "staged")); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want nothing begun", left, err)
	}
	n.free()
	if got := <-end; got.err != nil {
		t.Error(got.err)
	}
}

func TestAFullStoreFailsNoExport(t *testing.T) {
	e, _ := exporter(t, large())
	e.SaveBytes = mib / 4
	for _, trouble := range []error{store.ErrFull, store.ErrBusy} {
		tk := task(tarOfDocs)
		tk.Keep = func(context.Context, []byte) error { return trouble }
		if _, err := e.Run(t.Context(), tk); err != nil {
			t.Errorf("got %v, want a file although no cursor could be kept", err)
		}
	}
}
