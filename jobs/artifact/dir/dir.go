// Package dir keeps artifacts in a folder of the disk.
//
//	staged/ID.RANDOM    a file on its way
//	ready/ID            a finished file; equal ones of several jobs may be one on the disk
//	ready/ID.blocks     what is known about it: size, SHA-256, hashes of its blocks
//
// A finished file has its name only once it and its hashes are on disk, so
// whatever has the name of a job is whole. A staged file is locked as long as
// someone writes it (flock), so two never write the same one, and a sweep takes
// away no file that another process is writing. The lock goes with its process.
//
// Files belong to the server alone (0600, folders 0700). Sizes are bytes.
//
// A disk without room is [artifact.ErrFull]; anything else the disk says comes
// back as it is, with its path: it is for the log and not for people.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/failpoint"
)

const manifestExt = ".blocks"

// A Store keeps artifacts in a folder. Make it with [New].
type Store struct {
	staged, ready string

	// mu is held while a finished file gets or loses its name, and while the
	// finished files are counted anew: commits and removals wait until that is
	// done, which with very many files is seconds once in a while (see tally).
	mu    sync.Mutex
	tally tally
}

var _ artifact.Store = (*Store)(nil)

// New returns the Store in the folder root, which it makes if need be.
func New(root string) (*Store, error) {
	s := &Store{staged: filepath.Join(root, "staged"), ready: filepath.Join(root, "ready")}
	for _, folder := range []string{s.staged, s.ready} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("making the folder of artifacts: %w", full(err))
		}
	}
	return s, syncFolder(root)
}

// Open implements [artifact.Store].
func (s *Store) Open(ctx context.Context, id jobs.ID) (artifact.Artifact, error) {
	for {
		if err := ctx.Err(); err != nil {
			return artifact.Artifact{}, err
		}
		a, replaced, err := s.open(id)
		if !replaced {
			return a, err
		}
	}
}

// open opens the file and its manifest. A file loses its name before its
// manifest is touched, so if the file still has its name at the end, the two
// belong together; else it was replaced meanwhile.
func (s *Store) open(id jobs.ID) (a artifact.Artifact, replaced bool, err error) {
	if !id.Valid() {
		return a, false, jobs.ErrNotFound
	}
	// Whatever took the place of the file, no link is followed and no FIFO waited for.
	f, err := os.OpenFile(s.path(id), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return a, false, jobs.ErrNotFound
	}
	if err != nil {
		return a, false, err
	}
	digest, unreadable := readManifest(s.manifest(id))
	info, err := f.Stat()
	if err == nil {
		replaced = !sameFile(s.path(id), info)
		err = unreadable
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", s.path(id))
	}
	if err == nil && info.Size() != digest.Size {
		err = fmt.Errorf("%s has %d bytes and not %d", s.path(id), info.Size(), digest.Size)
	}
	if replaced || err != nil {
		return a, replaced, errors.Join(err, f.Close())
	}
	return artifact.Artifact{ReadSeekCloser: f, Digest: digest, ModTime: info.ModTime().UTC()}, false, nil
}

// Remove implements [artifact.Store].
func (s *Store) Remove(ctx context.Context, id jobs.ID) error {
	if !id.Valid() {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.change(id)()
	for _, path := range []string{s.path(id), s.manifest(id)} { // in this order: see open
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		failpoint.At("file-removed")
	}
	if err := syncFolder(s.ready); err != nil {
		return err
	}
	return s.removeStaged(ctx, id)
}

// removeStaged removes what is staged for a job, whoever writes it.
func (s *Store) removeStaged(ctx context.Context, id jobs.ID) error {
	for name, err := range names(ctx, s.staged) {
		if err != nil {
			return err
		}
		if of, ok := owner(name); !ok || of != id {
			continue
		}
		if err := os.Remove(filepath.Join(s.staged, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Keys implements [artifact.Store].
func (s *Store) Keys(ctx context.Context) iter.Seq2[jobs.ID, error] {
	return func(yield func(jobs.ID, error) bool) {
		for name, err := range names(ctx, s.ready) {
			if id := jobs.ID(name); err != nil || id.Valid() {
				if !yield(id, err) {
					return
				}
			}
		}
	}
}

// SweepStaged implements [artifact.Store]. It takes away no file that another
// process is writing either.
func (s *Store) SweepStaged(ctx context.Context, keep func(jobs.ID) bool) (removed int, err error) {
	for name, err := range names(ctx, s.staged) {
		if err != nil {
			return removed, err
		}
		id, ok := owner(name)
		if !ok || keep(id) {
			continue
		}
		gone, err := sweep(filepath.Join(s.staged, name))
		if err != nil {
			return removed, err
		}
		if gone {
			removed++
		}
	}
	return removed, s.sweepManifests(ctx, keep)
}

// sweepManifests removes the manifests that a crash has left without a file.
func (s *Store) sweepManifests(ctx context.Context, keep func(jobs.ID) bool) error {
	for name, err := range names(ctx, s.ready) {
		if err != nil {
			return err
		}
		id := jobs.ID(strings.TrimSuffix(name, manifestExt))
		if string(id) == name || !id.Valid() || keep(id) {
			continue
		}
		if err := s.sweepManifest(id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) sweepManifest(id jobs.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.change(id)()
	if _, err := os.Stat(s.path(id)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Remove(s.manifest(id)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil // somebody was faster
}

func (s *Store) path(id jobs.ID) string     { return filepath.Join(s.ready, string(id)) }
func (s *Store) manifest(id jobs.ID) string { return s.path(id) + manifestExt }
