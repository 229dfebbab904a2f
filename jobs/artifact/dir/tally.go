package dir

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"example.org/carryout/jobs"
)

const (
	correct = time.Minute // after which all files are counted anew, at the earliest
	seldom  = 100         // times as long as counting takes, at least, it does not happen again
)

// A tally is what the finished files take up. There may be very many of them, so
// what this Store itself does is added to what was counted once. What others do
// shows by the time of their folder, or else when all are counted anew.
type tally struct {
	mu       sync.Mutex
	bytes    int64
	changed  time.Time // the folder, by the latest change that is in bytes
	due      time.Time // when all are to be counted anew; zero: at once
	changing bool      // this Store changes the folder at the moment
}

// known returns the tally, if it still holds.
func (t *tally) known(folder string) (bytes int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().After(t.due) {
		return 0, false
	}
	if t.changing {
		return t.bytes, true // as it was before
	}
	changed, err := changeTime(folder)
	return t.bytes, err == nil && changed.Equal(t.changed)
}

// set keeps what was counted for a while.
func (t *tally) set(changed time.Time, bytes int64, keep time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed, t.bytes, t.due = changed, bytes, time.Now().Add(keep)
}

// change tallies what happens to the files of a job until done is called. The
// lock of the Store is held all the while.
func (s *Store) change(id jobs.ID) (done func()) {
	before, err := s.weigh(id)
	s.tally.begin(s.ready, err == nil)
	return func() {
		after, err := s.weigh(id)
		s.tally.end(s.ready, after-before, err == nil)
	}
}

// begin notes that the folder is about to be changed. ok tells that the tally can
// follow.
func (t *tally) begin(folder string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changing = true
	if changed, err := changeTime(folder); !ok || err != nil || !changed.Equal(t.changed) {
		t.due = time.Time{} // somebody else was here
	}
}

func (t *tally) end(folder string, bytes int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changing = false
	changed, err := changeTime(folder)
	if !ok || err != nil {
		t.due = time.Time{}
	}
	t.bytes, t.changed = t.bytes+bytes, changed
}

// weigh returns what would be gone if the names of a job's files were: a file
// that has other names stays.
func (s *Store) weigh(id jobs.ID) (bytes int64, err error) {
	for _, path := range []string{s.path(id), s.manifest(id)} {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Nlink == 1 {
			bytes += info.Size()
		}
	}
	return bytes, nil
}

// changeTime is when a name in a folder was last added or removed.
func changeTime(folder string) (time.Time, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}
