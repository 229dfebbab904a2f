// Package room watches how much room is left on the disks that a server
// writes to, so that it stops taking things on before they are full.
//
// A [Watch] looks at the folder of finished files and at that of the database,
// which may lie on different disks. While less than Min is left on one of them
// room is low: whoever is about to write a lot asks [Watch.Holds], and waits.
// Room counts as found again when there is an eighth more than Min, so that
// nobody stops and goes on at every block. Who meets a full disk between two
// looks, or one whose limit no look shows (a quota), says so with Full.
//
// An operator may allow less than there is: then room is low as well while all
// files take up more than Max. That alone never holds everybody. Finished files
// go in time, but unfinished ones only get ready: if all of them waited for each
// other, as two large exports may that fill Max together, it would be for ever. So
// one job at a time has its turn, the oldest that runs, and goes on beyond Max;
// the others wait. It waits too only while the files of all others are more than
// Max and would not be without the finished ones. To fail the youngest instead
// would throw away work with which nothing is wrong. So files take up more than
// Max by one export, whose size the exporter may bound, and by what others write
// before they notice.
//
// A full disk holds everybody, since somebody may tidy up. But jobs that together
// have filled it would wait for each other for good, and with them all new
// requests. So after a minute the oldest that runs is to go on alone: of the others
// one after the other gives back what it has written, the youngest first and one a
// minute until there is room, and begins anew when the oldest has left. Nothing that
// was accepted is lost, only work; and since the oldest never gives anything back,
// each round makes one file ready, or shows that it does not fit. To let the oldest
// go on into Min instead would only move the end at which both wait.
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
	Used      func() (Usage, error) // what they take up; asked if there is a Max
	Ballast   *Ballast
	Look      func(folder string) (Space, error) // nil: asks the system
	Log       *slog.Logger

	mu    sync.Mutex    // guards what stands below
	full  bool          // a disk is
	since time.Time     // when it became so, or ended
	began time.Time     // when it became so first, but for times that were too short to count
	told  time.Time     // when somebody met a full disk
	doubt time.Duration // for which that holds
	crowd crowd
	solo  solo
	news  chan struct{} // closed when who waits is to ask again; nil: nobody waits
}

// A Lack is what there is too little of.
type Lack int

// What there may be too little of. Where both are, it is that of the disk.
const (
	None  Lack = iota // there is enough
	Disk              // what is left on a disk
	Share             // what files may take up
	Back              // as Disk, and what the job has written is to be given back
)

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
	full := w.lowAt(w.Artifacts) || w.lowAt(w.Database) || w.Ballast.Spent()
	used := w.used()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set(full || time.Since(w.told) < w.doubt)
	w.count(used)
	w.relieve()
}

// Lack returns what there is less of than there should be.
func (w *Watch) Lack() Lack {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lack()
}

// lack is called with mu held.
func (w *Watch) lack() Lack {
	switch {
	case w.full:
		return Disk
	case w.crowd.over:
		return Share
	}
	return None
}

// Full tells of a disk that was met full. Room is low from now on, and longer
// each time that what is seen of the disk has been too good.
func (w *Watch) Full() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.full && w.doubt > 0: // others met it too
	case w.doubt > 0 && time.Since(w.since) < w.doubt:
		w.doubt = min(2*w.doubt, mostDoubt)
	default:
		w.doubt = doubt
	}
	w.told = time.Now()
	w.set(true)
}

// Holds returns what an attempt has to wait for, and what is closed when it is
// to ask again; None and nil: it may go on.
func (w *Watch) Holds(a Attempt) (Lack, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lack := w.lack()
	if lack == Share && w.crowd.turn == a {
		lack = None
	}
	if other := w.alone(a); other != None {
		lack = other
	}
	if lack == None {
		return None, nil
	}
	if w.news == nil {
		w.news = make(chan struct{})
	}
	return lack, w.news
}

// Fits reports whether a file of that size can ever find room: whether there
// would be enough left if nothing else were on its disk but what a file system
// needs for itself, for which a sixteenth is left, and the ballast.
func (w *Watch) Fits(size int64) bool {
	s, err := w.look(w.Artifacts)
	return err != nil || size <= (s.Total-w.min(s))/16*15-w.Ballast.fit(s)
}

// set takes note of how things stand. It is called with mu held.
func (w *Watch) set(low bool) {
	if low == w.full {
		return
	}
	now := time.Now()
	if low && now.Sub(w.since) >= w.doubt {
		w.began = now
	}
	if low {
		w.Log.Warn("a disk is almost full: no new exports are taken, and running ones wait")
	} else {
		w.Log.Info("there is room on the disks again", "after", now.Sub(w.since).Round(time.Millisecond))
	}
	w.full, w.since = low, now
	w.tell()
}

// tell has those who wait ask again. It is called with mu held.
func (w *Watch) tell() {
	if w.news != nil {
		close(w.news)
		w.news = nil
	}
}

// lowAt reports whether there is too little room on the disk of a folder.
func (w *Watch) lowAt(folder string) bool {
	s, err := w.look(folder)
	if err != nil {
		return false
	}
	enough := w.min(s)
	if w.Lack() == Disk {
		enough += enough / 8
	}
	return s.Free < enough
}

// restore makes the ballast if that leaves enough room beside it. Where that
// cannot be told it tries.
func (w *Watch) restore() {
	if !w.Ballast.due() {
		return
	}
	size := w.Ballast.size
	if s, err := w.look(w.Database); err == nil {
		if size = w.Ballast.fit(s); s.Free-size < w.min(s) {
			return
		}
	}
	if err := w.Ballast.make(size); err != nil {
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
