// Package room watches how much room is left on the disks that a server
// writes to, so that it stops taking things on before they are full.
//
// A [Watch] looks at the folder of finished files and at that of the database,
// which may lie on different disks. While less than Min is left on one of them
// room is low: whoever is about to write a lot asks Low, and waits for Freed.
// Room counts as found again when there is an eighth more than Min, so that
// nobody stops and goes on at every block. Who meets a full disk between two
// looks, or one whose limit no look shows (a quota), says so with Full.
//
// An operator may allow less than there is: then room is low as well while all
// files take up more than Max.
//
// A [Ballast] is room set aside beside the database, for what must be written
// even then. The Watch makes it, and makes it anew after it was needed.
//
// Sizes are bytes. A disk that does not say how much room it has counts as one
// that has some: only who meets its end knows better.
package room

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Auto as a Min is 256 MiB, or a hundredth of a disk of less than 25 GiB.
const Auto int64 = -1

const (
	every     = 500 * time.Millisecond // between two looks
	doubt     = time.Second            // for which word of a full disk holds, whatever is seen
	mostDoubt = time.Minute            // and for which it does if looks are wrong again and again
	most      = 256 << 20              // that Auto asks for
	least     = 1 << 20                // below which a disk is full, whatever Min says; less on a tiny one
)

// A Space is how large a disk is, and how much of it is left.
type Space struct{ Free, Total int64 }

// A Watch watches. Artifacts, Database and Log are required.
type Watch struct {
	Artifacts string                // a folder on the disk for files
	Database  string                // the folder of the database
	Min       int64                 // that is to stay free on each of their disks; below 0: Auto
	Max       int64                 // that all files may take up; 0: whatever there is
	Used      func() (int64, error) // what they take up; asked if there is a Max
	Ballast   *Ballast
	Look      func(folder string) (Space, error) // nil: asks the system
	Log       *slog.Logger

	mu    sync.Mutex // guards what stands below
	low   bool
	since time.Time     // when it became so, or ended
	told  time.Time     // when somebody met a full disk
	doubt time.Duration // for which that holds
	room  chan struct{} // closed when low ends; nil: nobody waits
}

// Serve looks until ctx is done, and returns nil.
func (w *Watch) Serve(ctx context.Context) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		w.Check()
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// Check looks once.
func (w *Watch) Check() {
	if w.Ballast != nil {
		w.restore()
	}
	low := w.lowAt(w.Artifacts) || w.lowAt(w.Database) || w.Ballast.Spent() || w.crowded()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set(low || time.Since(w.told) < w.doubt)
}

// Low reports whether there is less room than there should be.
func (w *Watch) Low() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.low
}

// Full tells of a disk that was met full. Room is low from now on, and longer
// each time that what is seen of the disk has been too good.
func (w *Watch) Full() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.low && w.doubt > 0: // others met it too
	case w.doubt > 0 && time.Since(w.since) < w.doubt:
		w.doubt = min(2*w.doubt, mostDoubt)
	default:
		w.doubt = doubt
	}
	w.told = time.Now()
	w.set(true)
}

// Freed returns what is closed when room is no longer low; nil: it is not.
func (w *Watch) Freed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.low {
		return nil
	}
	if w.room == nil {
		w.room = make(chan struct{})
	}
	return w.room
}

// Fits reports whether a file of that size can ever find room: whether there
// would be enough left if nothing else were on its disk but what a file system
// needs for itself, for which a sixteenth is left.
func (w *Watch) Fits(size int64) bool {
	s, err := w.look(w.Artifacts)
	return err != nil || size <= (s.Total-w.min(s))/16*15
}

// set takes note of how things stand. It is called with mu held.
func (w *Watch) set(low bool) {
	if low == w.low {
		return
	}
	now := time.Now()
	if low {
		w.Log.Warn("a disk is almost full: no new exports are taken, and running ones wait")
	} else {
		w.Log.Info("there is room on the disks again", "after", now.Sub(w.since).Round(time.Millisecond))
		if w.room != nil {
			close(w.room)
			w.room = nil
		}
	}
	w.low, w.since = low, now
}

// lowAt reports whether there is too little room on the disk of a folder.
func (w *Watch) lowAt(folder string) bool {
	s, err := w.look(folder)
	if err != nil {
		return false
	}
	enough := w.min(s)
	if w.Low() {
		enough += enough / 8
	}
	return s.Free < enough
}

// crowded reports whether all files take up more than they may. It ends when
// they take up a little less.
func (w *Watch) crowded() bool {
	if w.Max <= 0 {
		return false
	}
	used, err := w.Used()
	if w.Low() {
		used += w.Max / 32
	}
	return err == nil && used > w.Max
}

// restore makes the ballast if that leaves enough room beside it.
func (w *Watch) restore() {
	if w.Ballast.Whole() {
		return
	}
	s, err := w.look(w.Database)
	if err != nil || s.Free-w.Ballast.fit(s) < w.min(s) {
		return
	}
	if err := w.Ballast.make(w.Ballast.fit(s)); err != nil {
		w.Log.Warn("no room could be set aside for the database", "err", err)
	}
}

// min returns how much is to stay free on a disk.
func (w *Watch) min(s Space) int64 {
	if w.Min < 0 {
		return min(most, s.Total/100)
	}
	return max(w.Min, min(least, s.Total/100))
}

func (w *Watch) look(folder string) (Space, error) {
	if w.Look != nil {
		return w.Look(folder)
	}
	return statfs(folder)
}
