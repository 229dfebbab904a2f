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
)

// A Ballast is a file that does nothing but take up room. When the disk is
// full it is thrown off, so that the last words of what goes on can be written.
// It is filled with noise, since some file systems store little of what can be
// compressed. A nil Ballast is none.
type Ballast struct {
	path string
	size int64 // at most; a small disk has a sixteenth of itself

	mu    sync.Mutex // held while the file is made or removed
	whole bool
	spent bool
}

// NewBallast returns the ballast of a database in folder. One that is there
// already is taken over; one that is not counts as spent until it is made.
func NewBallast(folder string, size int64) *Ballast {
	b := &Ballast{path: filepath.Join(folder, "ballast"), size: size}
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
func (b *Ballast) fit(s Space) int64 { return min(b.size, s.Total/16) }

// make sets the room aside.
func (b *Ballast) make(size int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	unfinished := b.path + ".new"
	err := fill(unfinished, size)
	if err == nil {
		err = os.Rename(unfinished, b.path)
	}
	if err != nil {
		if gone := os.Remove(unfinished); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("making the ballast: %w", err)
	}
	b.whole, b.spent = true, false
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
