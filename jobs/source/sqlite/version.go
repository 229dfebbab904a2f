package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"example.org/carryout/jobs"
)

// headerSize is how much of a file is read to tell its version: of a database
// its header (https://www.sqlite.org/fileformat.html#the_database_header), in
// which changes are counted, of a log its header with its salts.
const headerSize = 100

// A header tells the states of a database apart, by what its file and its
// write-ahead log tell of themselves.
//
// It keeps the file open: to close it would take from this whole process every
// lock that SQLite holds on it, and let others write to what an export reads
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
// Only a file that another has taken the place of is closed.
type header struct {
	path string

	mu   sync.Mutex
	file *os.File // nil: not open
}

// A state of a database has a name that every commit changes. The name may
// change without one, when the log is written back; then work starts over that
// could have gone on, which costs time and no truth.
type state struct {
	name string
	file fs.FileInfo // of the database; nil: there was none
	logs bool        // it has a write-ahead log, so that others may write while it is read
}

// now returns the present state.
func (h *header) now() (s state, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.open(); err != nil {
		return s, err
	}
	sum := sha256.New()
	if h.file != nil {
		var begin []byte
		if begin, err = describe(sum, h.file); err != nil {
			return s, err
		}
		if s.file, err = h.file.Stat(); err != nil {
			return s, err
		}
		s.logs = len(begin) > 18 && begin[18] == 2 // the write version of the file format
	}
	if err := describeLog(sum, h.path+"-wal"); err != nil {
		return s, err
	}
	s.name = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// open makes file the one at path, and nil if there is none.
func (h *header) open() error {
	there, err := os.Stat(h.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if h.file != nil {
		if is, serr := h.file.Stat(); serr == nil && err == nil && os.SameFile(is, there) {
			return nil
		}
		_ = h.file.Close() // was only read
		h.file = nil
	}
	if err != nil {
		return nil
	}
	h.file, err = os.Open(h.path)
	return err
}

func (h *header) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file != nil {
		_ = h.file.Close() // was only read
		h.file = nil
	}
}

// describe writes what tells one state of a file from another, and returns how
// the file begins. An empty file is like none: readers make and remove an empty
// log.
func describe(w io.Writer, f *os.File) (begin []byte, err error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return nil, err
	}
	begin = make([]byte, min(headerSize, info.Size()))
	if _, err := f.ReadAt(begin, 0); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(w, "%d %d %x\n", info.Size(), info.ModTime().UnixNano(), begin)
	return begin, err
}

// describeLog describes a log, which nobody locks.
func describeLog(w io.Writer, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close() // was only read
	_, err = describe(w, f)
	return err
}

// tick is the longest that two writes may be apart and leave the same times on
// a file: clocks of file systems count in ticks of the kernel, 1 to 10 ms.
const tick = 20 * time.Millisecond

// settle waits until the next write would leave another time on the file or its
// log, and reports whether it would. A time to come is of a clock that has been
// set back: every write leaves another.
func (h *header) settle(ctx context.Context) bool {
	for range 2 {
		age := time.Since(h.latest())
		if age >= tick || age < -tick {
			return true
		}
		t := time.NewTimer(tick - max(age, 0))
		select {
		case <-ctx.Done():
			t.Stop()
			return false
		case <-t.C:
		}
	}
	return false
}

// latest is when the database was written to last.
func (h *header) latest() (at time.Time) {
	for _, path := range []string{h.path, h.path + "-wal"} {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at
}

// connect connects to the database and returns the state that the connection
// sees. The name of it is empty if somebody wrote at that very moment.
func (h *header) connect(ctx context.Context, connect func() (*conn, error)) (c *conn, s state, err error) {
	before, berr := h.now()
	if c, err = connect(); err != nil {
		return nil, s, err
	}
	after, aerr := h.now()
	if berr != nil || aerr != nil || before.name != after.name || !h.settle(ctx) {
		return c, state{}, nil
	}
	if again, err := h.now(); err != nil || again.name != after.name {
		return c, state{}, nil
	}
	return c, after, nil
}

// still returns an error if the database is not in that state any more,
// although it has no log and a lock keeps others from it: then somebody has
// written over its file who knows nothing of locks, and what was read may be
// partly old and partly new.
func (h *header) still(s state) error {
	if s.name == "" || s.logs {
		return nil
	}
	now, err := h.now()
	if err != nil {
		return fmt.Errorf("looking at the database again: %w", err)
	}
	replaced := now.file == nil || !os.SameFile(now.file, s.file) // and what was read is as it was
	if now.name != s.name && !replaced {
		return &jobs.Failure{Code: "source_changed",
			Message: "The file of this database was written over while it was read. Ask for the export again."}
	}
	return nil
}
