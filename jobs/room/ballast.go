package room

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A Ballast is a file that does nothing but take up room. When the disk is
// full it is thrown off, so that the last words of what goes on can be written.
// It is filled with noise, since some file systems store little of what can be
// compressed. A nil Ballast is none.
type Ballast struct {
	path string
	size int64 // at most; a small disk has a sixteenth of itself

	mu       sync.Mutex // guards what stands below, and the name of the file
	whole    bool
	spent    bool
	released int           // how often
	again    time.Time     // when it may be made, after it could not
	wait     time.Duration // that was waited for that
}

// NewBallast returns the ballast of a database in folder. One that is there
// already is taken over; one that is not counts as spent until it is made.
func NewBallast(folder string, size int64) *Ballast {
	b := &Ballast{path: filepath.Join(folder, "ballast"), size: size}
	_ = os.Remove(b.unfinished()) // of a server that has crashed; make truncates what stays
	_, err := os.Stat(b.path)
	b.whole = err == nil // it has its name only when all of it is on the disk
	b.spent = !b.whole
	return b
}

// Release gives the room back to the disk, and reports whether there was any
// to give.
func (b *Ballast) Release() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.whole, b.spent = false, true
	b.released++
	return os.Remove(b.path) == nil
}

// Spent reports whether the room was given back, so that what is left of it is
// for last words only. It ends when the ballast has been made anew.
func (b *Ballast) Spent() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spent
}

// Whole reports whether the room is set aside.
func (b *Ballast) Whole() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.whole
}

// fit returns how large a ballast there should be on a disk.
func (b *Ballast) fit(s Space) int64 {
	if b == nil {
		return 0
	}
	return min(b.size, s.Total/16)
}

// due reports whether it is time to make the ballast.
func (b *Ballast) due() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.whole && !time.Now().Before(b.again)
}

// unfinished is the name of a ballast that is being made.
func (b *Ballast) unfinished() string { return b.path + ".new" }

// errReleased is why a ballast is not kept: the room was needed while it was made.
var errReleased = errors.New("it was thrown off before it was whole")

// make sets the room aside. The lock is not held while it is written, since
// whoever writes to the database asks for Spent. After an error it is not due for a
// while, and for longer each time.
func (b *Ballast) make(size int64) error {
	b.mu.Lock()
	released := b.released
	b.mu.Unlock()
	err := fill(b.unfinished(), size)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil && b.released != released {
		err = errReleased
	}
	if err == nil {
		err = os.Rename(b.unfinished(), b.path)
	}
	if err != nil {
		if gone := os.Remove(b.unfinished()); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		b.wait = min(max(2*b.wait, every), mostDoubt)
		b.again = time.Now().Add(b.wait)
		return fmt.Errorf("making the ballast: %w", err)
	}
	b.whole, b.spent, b.wait = true, false, 0
	return nil
}

// fill writes a file of noise, to the disk and not only towards it.
func fill(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.Reader, size)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
