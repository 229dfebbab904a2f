package dir

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/failpoint"
)

// staged is a file on its way. It is locked until it is closed.
type staged struct {
	store  *Store
	id     jobs.ID
	name   string // in the folder of staged files
	file   *os.File
	size   int64
	begun  int64 // up to which the disk has been set to work
	kept   bool  // its name is on disk
	closed bool
}

// Stage implements [artifact.Store]. A file that is still being written
// elsewhere counts as stale.
func (s *Store) Stage(ctx context.Context, id jobs.ID, mark []byte) (artifact.Staged, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !id.Valid() {
		return nil, fmt.Errorf("staging a file: %q is not the id of a job", id)
	}
	if mark != nil {
		return s.resume(id, mark)
	}
	if err := s.sweepOf(ctx, id); err != nil {
		return nil, err
	}
	for {
		f, err := s.begin(id)
		if err == nil || !errors.Is(err, errTaken) {
			return f, err
		}
	}
}

// sweepOf removes what was left of earlier attempts of a job.
func (s *Store) sweepOf(ctx context.Context, id jobs.ID) error {
	for name, err := range names(ctx, s.staged) {
		if err != nil {
			return err
		}
		if of, ok := owner(name); !ok || of != id {
			continue
		}
		if _, err := sweep(filepath.Join(s.staged, name)); err != nil {
			return err
		}
	}
	return nil
}

// begin makes a file under a name that never was. It returns errTaken if a
// sweep of another process was faster than the lock.
func (s *Store) begin(id jobs.ID) (artifact.Staged, error) {
	name := string(id) + "." + rand.Text()
	path := filepath.Join(s.staged, name)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, full(err)
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &staged{store: s, id: id, name: name, file: f}, nil
}

// resume opens the file of a mark and cuts it to the length it had then.
func (s *Store) resume(id jobs.ID, b []byte) (artifact.Staged, error) {
	m, err := parseMark(b)
	if err != nil {
		return nil, err
	}
	if of, _ := owner(m.name); of != id {
		return nil, artifact.ErrStale
	}
	f, err := os.OpenFile(filepath.Join(s.staged, m.name), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, artifact.ErrStale
	}
	if err != nil {
		return nil, err
	}
	if err := m.cut(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &staged{store: s, id: id, name: m.name, file: f, size: m.size, begun: m.size, kept: true}, nil
}

// cut locks f and cuts it to the length of the mark.
func (m mark) cut(f *os.File) error {
	if err := lock(f); errors.Is(err, errTaken) {
		return artifact.ErrStale
	} else if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < m.size || !info.Mode().IsRegular() {
		return artifact.ErrStale
	}
	if err := f.Truncate(m.size); err != nil {
		return full(err)
	}
	_, err = f.Seek(m.size, io.SeekStart)
	return err
}

// Write implements [artifact.Staged].
func (f *staged) Write(p []byte) (n int, err error) {
	n, err = f.file.Write(p)
	f.size += int64(n)
	failpoint.At("staged-written")
	if f.size-f.begun >= behind {
		startWriting(f.file, f.begun, f.size-f.begun)
		f.begun = f.size
	}
	return n, full(err)
}

// ReadAt implements [artifact.Staged].
func (f *staged) ReadAt(p []byte, at int64) (n int, err error) { return f.file.ReadAt(p, at) }

// Size implements [artifact.Staged].
func (f *staged) Size() int64 { return f.size }

// Checkpoint implements [artifact.Staged].
func (f *staged) Checkpoint() ([]byte, error) {
	if err := f.sync(); err != nil {
		return nil, err
	}
	failpoint.At("staged-synced")
	if !f.kept {
		if err := syncFolder(f.store.staged); err != nil {
			return nil, err
		}
		f.kept = true
	}
	failpoint.At("staged-kept")
	return mark{name: f.name, size: f.size}.append(nil), nil
}

// Commit implements [artifact.Staged].
func (f *staged) Commit(ctx context.Context, d artifact.Digest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.Size != f.size {
		return fmt.Errorf("committing %s: the digest is of %d bytes and not of %d", f.name, d.Size, f.size)
	}
	if err := f.sync(); err != nil {
		return err
	}
	failpoint.At("file-synced")
	if err := f.store.publish(ctx, f.id, f.path(), d); err != nil {
		if _, gone := os.Stat(f.path()); gone != nil {
			err = fmt.Errorf("%w: %w", artifact.ErrStale, err)
		}
		return fmt.Errorf("committing %s: %w", f.name, full(err))
	}
	// What was written is synced: an error of this Close loses nothing.
	_ = f.close()
	return nil
}

// sync makes what was written durable. After an error nobody knows what of it
// has reached the disk, and a second try could say that all of it has
// (https://wiki.postgresql.org/wiki/Fsync_Errors).
func (f *staged) sync() error {
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("%w: %w", artifact.ErrStale, full(err))
	}
	return nil
}

// publish gives a synced file its name.
func (s *Store) publish(ctx context.Context, id jobs.ID, from string, d artifact.Digest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil { // the sync has taken its time, and the job may be another's by now
		return err
	}
	defer s.change(id)()
	err := s.replace(id, d, func(path string) error { return os.Rename(from, path) })
	if err != nil {
		return err
	}
	if err := syncFolder(s.staged); err != nil {
		return errors.Join(err, os.Remove(s.path(id))) // as in replace
	}
	failpoint.At("file-kept")
	return nil
}

// replace has name give the file of a job its name, after the one that may
// have it is gone. The order is what open and a crash at any point rely on: no
// name without the manifest that belongs to it.
func (s *Store) replace(id jobs.ID, d artifact.Digest, name func(path string) error) error {
	if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	} else if err == nil {
		if err := syncFolder(s.ready); err != nil {
			return err
		}
		failpoint.At("older-file-removed")
	}
	if err := writeManifest(s.manifest(id), d); err != nil {
		return err
	}
	if err := syncFolder(s.ready); err != nil {
		return err
	}
	failpoint.At("hashes-kept")
	if err := name(s.path(id)); err != nil {
		return errors.Join(err, os.Remove(s.manifest(id))) // it belongs to nothing
	}
	failpoint.At("file-named")
	if err := syncFolder(s.ready); err != nil {
		return errors.Join(err, os.Remove(s.path(id))) // it may not last, so it is not there
	}
	return nil
}

// Abort implements [artifact.Staged].
func (f *staged) Abort() error {
	if f.closed {
		return nil
	}
	// Removed before it is closed: while the lock is held the name is ours.
	err := os.Remove(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, f.close())
}

// Leave implements [artifact.Staged].
func (f *staged) Leave() error {
	if f.closed {
		return nil
	}
	return f.close()
}

func (f *staged) path() string { return filepath.Join(f.store.staged, f.name) }

func (f *staged) close() error {
	f.closed = true
	return full(f.file.Close())
}

// owner returns the job that the name of a staged file says it is for, and
// whether it is the name of one.
func owner(name string) (id jobs.ID, ok bool) {
	before, random, _ := strings.Cut(name, ".")
	id = jobs.ID(before)
	// A random text of crypto/rand has the form of an ID as they once were.
	return id, id.Valid() && jobs.ID(random).Valid()
}
