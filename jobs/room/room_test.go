package room_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs/room"
	"example.org/carryout/jobs/room/roomtest"
)

const mib = 1 << 20

// disks are what a Watch sees of two folders.
type disks map[string]room.Space

func (d disks) watch(min int64) *room.Watch {
	return &room.Watch{Artifacts: "artifacts", Database: "database", Min: min, Log: slog.New(slog.DiscardHandler),
		Look: func(folder string) (room.Space, error) {
			s, ok := d[folder]
			if !ok {
				return s, errors.New("it does not answer")
			}
			return s, nil
		}}
}

// freed is closed when nobody is held any more; nil: nobody is.
func freed(w *room.Watch) <-chan struct{} {
	_, again := w.Holds(room.Attempt{Job: "J"})
	return again
}

func TestRoomIsLowOnceThereIsLessThanThereShouldBe(t *testing.T) {
	const gib = 1 << 30
	large := room.Space{Free: 50 * gib, Total: 100 * gib}
	for _, test := range []struct {
		name string
		min  int64
		at   disks
		want bool
	}{
		{"plenty", room.Auto, disks{"artifacts": large, "database": large}, false},
		{"few files more", room.Auto, disks{"artifacts": {Free: 255 * mib, Total: 100 * gib}, "database": large}, true},
		{"a full database", room.Auto, disks{"artifacts": large, "database": {Free: 255 * mib, Total: 100 * gib}}, true},
		{"a hundredth of a small disk", room.Auto, disks{"artifacts": {Free: 11 * mib, Total: gib}, "database": large}, false},
		{"less than a hundredth", room.Auto, disks{"artifacts": {Free: 10 * mib, Total: gib}, "database": large}, true},
		{"as much as was said", gib, disks{"artifacts": {Free: gib, Total: 2 * gib}, "database": large}, false},
		{"less than was said", gib, disks{"artifacts": {Free: gib - 1, Total: 2 * gib}, "database": large}, true},
		{"nothing is kept free", 0, disks{"artifacts": {Free: 2 * mib, Total: gib}, "database": large}, false},
		{"nothing is left", 0, disks{"artifacts": {Free: 0, Total: gib}, "database": large}, true},
		{"a disk that does not say", room.Auto, disks{"database": large}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := test.at.watch(test.min)
			w.Check()
			if got := w.Lack() == room.Disk; got != test.want {
				t.Errorf("got low %v, want %v", got, test.want)
			}
		})
	}
}

func TestRoomIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := disks{"artifacts": {Free: 99, Total: 1000}, "database": {Free: 1000, Total: 1000}}
		w := at.watch(100)
		w.Check()
		go func() {
			for _, free := range []int64{100, 111, 112} { // an eighth more than 100 is enough
				time.Sleep(time.Hour)
				at["artifacts"] = room.Space{Free: free, Total: 1000}
				w.Check()
			}
		}()
		began := time.Now()
		<-freed(w)
		if got, want := time.Since(began), 3*time.Hour; got != want {
			t.Errorf("waited for %v, want %v", got, want)
		}
		if freed(w) != nil {
			t.Error("room is low, and was waited for")
		}
	})
}

func TestWhoMeetsAFullDiskIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plenty := room.Space{Free: 1000, Total: 1000}
		w := disks{"artifacts": plenty, "database": plenty}.watch(100)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go w.Serve(ctx)
		var waits []time.Duration
		for range 9 { // as with a quota, of which no look tells
			began := time.Now()
			w.Full()
			w.Full() // two meet it at once
			if w.Lack() != room.Disk {
				t.Fatal("room is not low, and the disk is full")
			}
			<-freed(w)
			waits = append(waits, time.Since(began))
		}
		if first, last := waits[0], waits[len(waits)-1]; first > 2*time.Second || last < 59*time.Second || last > 61*time.Second {
			t.Errorf("got the waits %v, want them to grow from a second to a minute", waits)
		}
	})
}

func TestAFileThatCanNeverFitIsKnown(t *testing.T) {
	w := disks{"artifacts": {Free: 5, Total: 1700}, "database": {Free: 5, Total: 10}}.watch(100)
	for size, want := range map[int64]bool{0: true, 1500: true, 1501: false} {
		if got := w.Fits(size); got != want {
			t.Errorf("%d bytes: got %v, want %v", size, got, want)
		}
	}
}

func TestTheBallastIsMadeAndThrownOffAndMadeAnew(t *testing.T) {
	dir := t.TempDir()
	roomtest.Disk(t, dir, 32*mib)
	w := &room.Watch{Artifacts: t.TempDir(), Database: dir, Log: slog.New(slog.DiscardHandler), Ballast: room.NewBallast(dir, mib)}
	size := func() int64 {
		info, err := os.Stat(filepath.Join(dir, "ballast"))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	w.Check()
	if got := size(); got != mib || w.Lack() == room.Disk {
		t.Errorf("got a ballast of %d bytes and low %v, want %d and room", got, w.Lack() == room.Disk, mib)
	}
	empty := roomtest.Fill(t, dir, 0)
	w.Check()
	if w.Lack() != room.Disk || w.Ballast.Spent() {
		t.Errorf("got low %v and spent %v on a full disk, want low alone", w.Lack() == room.Disk, w.Ballast.Spent())
	}
	if !w.Ballast.Release() || w.Ballast.Release() {
		t.Error("the ballast must be thrown off once, and not twice")
	}
	if err := os.WriteFile(filepath.Join(dir, "words"), make([]byte, mib/2), 0o600); err != nil {
		t.Errorf("writing to the room that was made: %v", err)
	}
	w.Check()
	if size() > 0 || w.Lack() != room.Disk || !w.Ballast.Spent() {
		t.Errorf("got a ballast of %d bytes, low %v, spent %v, want none yet", size(), w.Lack() == room.Disk, w.Ballast.Spent())
	}
	empty()
	w.Check()
	if got := size(); got != mib || w.Lack() == room.Disk || w.Ballast.Spent() {
		t.Errorf("got a ballast of %d bytes, low %v, spent %v, want it back", got, w.Lack() == room.Disk, w.Ballast.Spent())
	}
	if again := room.NewBallast(dir, mib); !again.Whole() {
		t.Error("the ballast of an earlier server is not taken over")
	}
}
