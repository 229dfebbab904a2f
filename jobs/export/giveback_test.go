package export_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/room"
	"example.org/carryout/jobs/work"
)

// asked is a Room that asks for what was written once it was met full.
type asked struct{ *narrow }

func (a asked) Holds(at room.Attempt) (room.Lack, <-chan struct{}) {
	lack, again := a.narrow.Holds(at)
	if lack != room.None {
		lack = room.Back
	}
	return lack, again
}

// left lists the staged files.
func left(t *testing.T, root string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "staged", string(id)+".*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAStopWhileTheFirstCursorWaitsForRoomLeavesTheWork(t *testing.T) {
	e, root := exporter(t, large())
	n := newNarrow()
	e.Room, e.SaveBytes = n, mib/4
	stopping := make(chan struct{})
	tk := task(tarOfDocs)
	tk.Stopping = stopping
	tk.Keep = func(_ context.Context, cursor []byte) error { n.Full(); tk.Cursor = cursor; return nil }
	end := begin(t.Context(), e, tk)
	<-n.met
	close(stopping)
	if got := <-end; !errors.Is(got.err, work.ErrStopped) {
		t.Fatalf("got %v, want %v", got.err, work.ErrStopped)
	}
	if got := left(t, root); len(got) != 1 {
		t.Fatalf("got %v left, want the file of the cursor", got)
	}
	n.free()
	tk.Stopping, tk.Keep = nil, func(context.Context, []byte) error { return nil }
	if _, err := e.Run(t.Context(), tk); err != nil || len(tk.Meter.Warnings()) != 1 {
		t.Errorf("got %v and the warnings %v, want it to go on from there", err, tk.Meter.Warnings())
	}
}

func TestAFileThatCanNeverFitFailsAtItsCursor(t *testing.T) {
	e, root := exporter(t, large())
	n := newNarrow()
	n.small = true
	e.Room, e.SaveBytes = n, mib/4
	tk := task(tarOfDocs)
	tk.Keep = func(context.Context, []byte) error { n.Full(); return nil }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	end := begin(ctx, e, tk)
	<-n.met
	got := <-end
	if fail := (*jobs.Failure)(nil); !errors.As(got.err, &fail) || fail.Code != "disk_full" {
		t.Errorf("got %v, want a failure that says so", got.err)
	}
	if got := left(t, root); len(got) > 0 {
		t.Errorf("got %v left, want nothing", got)
	}
}

func TestWhoIsAskedGivesBackWhatItHasWritten(t *testing.T) {
	for name, resumed := range map[string]bool{"at a cursor": false, "before it goes on": true} {
		t.Run(name, func(t *testing.T) {
			e, root := exporter(t, large())
			n := newNarrow()
			e.Room, e.SaveBytes = asked{n}, mib/4
			tk := task(tarOfDocs)
			tk.Keep = func(context.Context, []byte) error { n.Full(); return nil }
			if resumed {
				n.Full()
				name := filepath.Join(root, "staged", string(id)+".ABCDEFGHABCDEFGHABCDEFGHAB")
				if err := os.WriteFile(name, make([]byte, mib), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := e.Run(t.Context(), tk); !errors.Is(err, artifact.ErrFull) {
				t.Errorf("got %v, want to be put back for lack of room", err)
			}
			if got := left(t, root); len(got) > 0 {
				t.Errorf("got %v left, want nothing", got)
			}
		})
	}
}

// unsynced is a file that cannot be made durable.
type unsynced struct{ artifact.Staged }

func (unsynced) Checkpoint() ([]byte, error) { return nil, errTaken }

func (unsynced) Commit(context.Context, artifact.Digest) error { return errTaken }

var errTaken = fmt.Errorf("%w: %w", artifact.ErrStale, artifact.ErrFull)

func TestAnAttemptThatEndsForLackOfRoomTellsSo(t *testing.T) {
	e, _ := exporter(t, large())
	n := newNarrow()
	e.Room = n
	e.Artifacts = &watched{Store: e.Artifacts, begun: func(f artifact.Staged, _ int) artifact.Staged { return unsynced{f} }}
	if _, err := e.Run(t.Context(), task(tarOfDocs)); !errors.Is(err, artifact.ErrFull) {
		t.Fatalf("got %v, want %v", err, artifact.ErrFull)
	}
	if n.Lack() != room.Disk {
		t.Error("the next attempt begins at once, want it to wait")
	}
}

// cramped is a place in which the first file finds no room.
type cramped struct {
	artifact.Store
	begun int
}

func (c *cramped) Stage(ctx context.Context, id jobs.ID, mark []byte) (artifact.Staged, error) {
	if c.begun++; c.begun == 1 {
		return nil, artifact.ErrFull
	}
	return c.Store.Stage(ctx, id, mark)
}

func TestATableIsReadWhereItLiesIfItsCopyCannotBeBegun(t *testing.T) {
	file, _ := restless(t, 600)
	e := both(t, tree(t), file)
	c := &cramped{Store: e.Artifacts}
	e.Artifacts, e.Freeze = c, 1
	if _, err := e.Run(t.Context(), task(frozenSpecs["a table"])); err != nil || c.begun != 2 {
		t.Errorf("got %v after %d files, want the table without a copy", err, c.begun)
	}
}
