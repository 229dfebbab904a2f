package client

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// suffix ends the name of a file that is not whole yet.
const suffix = ".part"

// ErrBusy reports that another download, of this process or of another one, is
// writing to the same destination.
var ErrBusy = errors.New("another download is writing this file; wait for it to end, or choose another name")

// errMoved reports a part that is not what this download has made of it.
var errMoved = errors.New("something else has changed it during the download; fetch it again")

// Possible says early why [Client.Download] could not write to dst, without
// writing anything.
func Possible(dst string) error {
	dst, err := place(dst)
	if err != nil {
		return err
	}
	p, err := openPart(dst+suffix, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.Close()
}

// place is where a file with the name dst lies: a symbolic link is followed,
// and so stays what it is.
func place(dst string) (string, error) {
	if info, err := os.Lstat(dst); err == nil && info.Mode().Type() == fs.ModeSymlink {
		if dst, err = filepath.EvalSymlinks(dst); err != nil {
			return "", fmt.Errorf("following a symbolic link that leads nowhere: %w", err)
		}
	}
	return dst, replaceable(dst)
}

// replaceable makes sure that nothing but a regular file is replaced: a device
// or a named pipe would be gone, and whoever uses it would not notice.
func replaceable(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is in the way: it is not a regular file", path)
	}
	return nil
}

// part is a file that is not whole yet. Its lock keeps other downloads out for
// as long as it is open, so what has been hashed is what lies in it.
type part struct{ *os.File }

// openPart opens and locks a part; create is os.O_CREATE, or 0 to find what is
// there. It never waits, neither for the lock nor for the other end of a pipe.
func openPart(path string, create int) (*part, error) {
	for {
		if err := replaceable(path); err != nil {
			return nil, err
		}
		file, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|create, 0o666)
		if err != nil {
			return nil, err
		}
		p := &part{file}
		if err = p.lock(); err == nil {
			err = p.named()
		}
		if err == nil {
			return p, nil
		}
		file.Close()
		if !errors.Is(err, errMoved) {
			return nil, err
		} // else the download that had it ended between the opening and the locking
	}
}

// lock locks the part until it is closed.
func (p *part) lock() error {
	conn, err := p.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) { failed = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) })
	switch {
	case err != nil:
		return err
	case errors.Is(failed, syscall.EWOULDBLOCK):
		return fmt.Errorf("%s: %w", p.Name(), ErrBusy)
	case failed != nil:
		return fmt.Errorf("locking %s: %w", p.Name(), failed)
	}
	return nil
}

// named makes sure that the part is the regular file under its name.
func (p *part) named() error {
	if err := replaceable(p.Name()); err != nil {
		return err
	}
	opened, err := p.Stat()
	if err != nil {
		return err
	}
	if now, err := os.Lstat(p.Name()); err != nil || !os.SameFile(now, opened) {
		return fmt.Errorf("%s: %w", p.Name(), errMoved)
	}
	return nil
}

// remove removes the part.
func (p *part) remove() error {
	if err := p.named(); err != nil {
		return err
	}
	return os.Remove(p.Name())
}

// settle gives the part, of which size bytes have been checked, its final name,
// durably.
func (p *part) settle(dst string, size int64) error {
	if err := p.Sync(); err != nil {
		return err
	}
	if err := p.named(); err != nil {
		return err
	}
	if info, err := p.Stat(); err != nil || info.Size() != size {
		return errors.Join(fmt.Errorf("%s: %w", p.Name(), errMoved), err)
	}
	if err := replaceable(dst); err != nil {
		return err
	}
	if err := os.Rename(p.Name(), dst); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(dst))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
