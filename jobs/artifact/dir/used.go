package dir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"example.org/carryout/jobs"
)

// fresh is how long after a change of a folder its time does not tell of
// another change: clocks of file systems are coarse.
const fresh = time.Second

// A tally is what the finished files take up. There may be very many of them,
// so they are looked at again only when their folder has changed.
type tally struct {
	mu      sync.Mutex
	changed time.Time // the folder, when it was counted; zero: count anew
	bytes   int64
}

// Used implements [artifact.Store].
func (s *Store) Used(ctx context.Context) (finished int64, unfinished map[jobs.ID]int64, err error) {
	if finished, err = s.usedReady(ctx); err != nil {
		return 0, nil, err
	}
	unfinished, err = s.usedStaged(ctx)
	return finished, unfinished, err
}

// usedStaged adds up the staged files of each job. What belongs to none counts
// as that of a job without a name.
func (s *Store) usedStaged(ctx context.Context) (map[jobs.ID]int64, error) {
	sums := make(map[jobs.ID]int64)
	for name, err := range names(ctx, s.staged) {
		if err != nil {
			return nil, err
		}
		info, err := os.Lstat(filepath.Join(s.staged, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has just gone
		}
		if err != nil {
			return nil, err
		}
		id, _ := owner(name)
		sums[id] += info.Size()
	}
	return sums, nil
}

func (s *Store) usedReady(ctx context.Context) (int64, error) {
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	info, err := os.Stat(s.ready)
	if err != nil {
		return 0, err
	}
	if !s.tally.changed.IsZero() && info.ModTime().Equal(s.tally.changed) {
		return s.tally.bytes, nil
	}
	began := time.Now()
	bytes, err := used(ctx, s.ready)
	if err != nil {
		return 0, err
	}
	s.tally.bytes, s.tally.changed = bytes, info.ModTime()
	if began.Sub(info.ModTime()) < fresh {
		s.tally.changed = time.Time{}
	}
	return bytes, nil
}

// used adds up the files in a folder, each once, however many names it has.
func used(ctx context.Context, folder string) (bytes int64, err error) {
	linked := make(map[[2]uint64]bool)
	for name, err := range names(ctx, folder) {
		if err != nil {
			return 0, err
		}
		info, err := os.Lstat(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has just gone
		}
		if err != nil {
			return 0, err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Nlink > 1 {
			file := [2]uint64{uint64(st.Dev), st.Ino}
			if linked[file] {
				continue
			}
			linked[file] = true
		}
		bytes += info.Size()
	}
	return bytes, nil
}
