package dir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"example.org/carryout/jobs"
)

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

// usedReady returns what the finished files take up. It counts them where the
// tally does not tell.
func (s *Store) usedReady(ctx context.Context) (int64, error) {
	if bytes, ok := s.tally.known(s.ready); ok {
		return bytes, nil
	}
	s.mu.Lock() // so that no file is counted halfway; commits and removals wait
	defer s.mu.Unlock()
	if bytes, ok := s.tally.known(s.ready); ok {
		return bytes, nil // somebody was faster
	}
	changed, err := changeTime(s.ready)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	bytes, err := used(ctx, s.ready)
	if err != nil {
		return 0, err
	}
	s.tally.set(changed, bytes, max(correct, seldom*time.Since(began)))
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
