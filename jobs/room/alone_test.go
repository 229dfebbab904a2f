package room_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs/room"
)

func TestJobsThatFillADiskTogetherDoNotWaitForEachOtherForGood(t *testing.T) {
	for name, quota := range map[string]bool{"seen": false, "met": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at := disks{"artifacts": {Free: 1000, Total: 1000}, "database": {Free: 1000, Total: 1000}}
				if !quota {
					at["artifacts"] = room.Space{Free: 99, Total: 1000}
				}
				w := at.watch(100)
				old, middle, young := attempts()
				for _, a := range []room.Attempt{middle, old, young} {
					w.Enter(a)
				}
				asked := map[room.Attempt]time.Duration{}
				began := time.Now()
				for time.Since(began) < 5*time.Minute {
					if quota && w.Lack() == room.None {
						w.Full()
					}
					w.Check()
					for _, a := range []room.Attempt{old, middle, young} {
						lack, _ := w.Holds(a)
						if _, known := asked[a]; lack == room.Back && !known {
							asked[a] = time.Since(began)
						}
					}
					time.Sleep(500 * time.Millisecond)
				}
				if _, ok := asked[old]; ok || len(asked) != 2 || asked[young] < time.Minute || asked[middle] < asked[young]+time.Minute {
					t.Fatalf("got %v asked to give back, want the youngest after a minute and then the next", asked)
				}
				again := room.Attempt{Job: young.Job, Fence: 2, Since: young.Since}
				w.Leave(young)
				w.Enter(again)
				at["artifacts"] = room.Space{Free: 1000, Total: 1000}
				time.Sleep(2 * time.Minute)
				w.Check()
				for a, want := range map[room.Attempt]room.Lack{old: room.None, middle: room.Back, again: room.Disk} {
					if got, _ := w.Holds(a); got != want {
						t.Errorf("%s, when there is room: got %v, want %v", a.Job, got, want)
					}
				}
				w.Leave(old)
				for _, a := range []room.Attempt{middle, again} {
					if got, _ := w.Holds(a); got != room.None {
						t.Errorf("%s, when the oldest has left: got %v, want it to go on", a.Job, got)
					}
				}
			})
		})
	}
}

func TestTheBallastIsMadeWhereADiskDoesNotSayHowMuchRoomItHas(t *testing.T) {
	dir := t.TempDir()
	w := disks{}.watch(0)
	w.Ballast = room.NewBallast(dir, mib)
	w.Check()
	if info, err := os.Stat(filepath.Join(dir, "ballast")); err != nil || info.Size() != mib || w.Ballast.Spent() {
		t.Errorf("got %v, %v and spent %v, want a ballast of %d bytes", info, err, w.Ballast.Spent(), mib)
	}
}

func TestNobodyWaitsForTheBallastToBeMade(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "ballast.new")
	if err := os.WriteFile(pipe, make([]byte, mib), 0o600); err != nil {
		t.Fatal(err)
	}
	w := disks{}.watch(0)
	w.Ballast = room.NewBallast(dir, mib)
	if _, err := os.Stat(pipe); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v, want nothing left of one that was not finished", err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil { // it cannot be written before it is read
		t.Fatal(err)
	}
	made, asked := make(chan struct{}), make(chan struct{})
	go func() { w.Check(); close(made) }()
	r, err := os.Open(pipe) // as soon as it is being made
	if err != nil {
		t.Fatal(err)
	}
	go func() { w.Ballast.Spent(); w.Ballast.Release(); close(asked) }()
	select {
	case <-asked:
	case <-time.After(10 * time.Second):
		t.Error("who asks whether the ballast is spent waits until it is made")
	}
	r.Close() // and so it fails
	<-made
}

// warnings counts what is logged.
type warnings struct {
	slog.Handler
	n int
}

func (w *warnings) Enabled(context.Context, slog.Level) bool { return true }

func (w *warnings) Handle(context.Context, slog.Record) error { w.n++; return nil }

func TestABallastThatCannotBeMadeIsTriedLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &warnings{Handler: slog.DiscardHandler}
		w := disks{}.watch(0)
		w.Log = slog.New(told)
		w.Ballast = room.NewBallast(filepath.Join(t.TempDir(), "gone"), mib)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if err := w.Serve(ctx); err != nil {
			t.Fatal(err)
		}
		if told.n < 10 || told.n > 25 {
			t.Errorf("got %d tries in 10 minutes, want one a minute in the end", told.n-1)
		}
	})
}
