package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"syscall"

	"example.org/carryout/jobs/artifact"
)

// errTaken reports a file that someone else has locked or removed.
var errTaken = errors.New("the file is taken")

// lock locks f until it is closed.
func lock(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) { failed = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) })
	if err != nil {
		return err
	}
	if errors.Is(failed, syscall.EWOULDBLOCK) {
		return errTaken
	}
	if failed != nil {
		return fmt.Errorf("locking %s: %w", f.Name(), failed)
	}
	// A sweep may have removed it between its opening and its locking.
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !sameFile(f.Name(), info) {
		return errTaken
	}
	return nil
}

// sameFile reports whether the file still has that path.
func sameFile(path string, file fs.FileInfo) bool {
	now, err := os.Stat(path)
	return err == nil && os.SameFile(now, file)
}

// sweep removes a staged file, unless someone is writing it.
func sweep(path string) (removed bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close() // only read
	if err := lock(f); errors.Is(err, errTaken) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, os.Remove(path)
}

// names yields the names in a folder as the disk has them, a few at a time.
func names(ctx context.Context, folder string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		d, err := os.Open(folder)
		if err != nil {
			yield("", err)
			return
		}
		defer d.Close() // only read
		for {
			batch, err := d.Readdirnames(256)
			if err == nil {
				err = ctx.Err()
			}
			for _, name := range batch {
				if err == nil && !yield(name, nil) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield("", err)
				return
			}
		}
	}
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return full(errors.Join(d.Sync(), d.Close()))
}

// full marks an error that says that the disk, or one's share of it, is full.
func full(err error) error {
	if errors.Is(err, artifact.ErrFull) {
		return err
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", artifact.ErrFull, err)
	}
	return err
}
