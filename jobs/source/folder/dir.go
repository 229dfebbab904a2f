package folder

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// readFlags are those with which files are opened.
const readFlags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC

var (
	errLink       = errors.New("a link, where a folder was expected")
	errNotRegular = errors.New("not a regular file")
)

// A dir is the descriptor of an open folder. Names given to its methods are
// one part of a path: no slash, not "..".
type dir struct{ fd int }

func openRoot(path string) (dir, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	return dir{fd}, err
}

// An identity tells a folder from every other one that is there at the time.
type identity struct{ device, inode uint64 }

func (d dir) identity() (identity, error) {
	var st unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Fstat(d.fd, &st) })
	return identity{uint64(st.Dev), uint64(st.Ino)}, err
}

func (d dir) close() { _ = unix.Close(d.fd) } // was only read

// folder opens the folder name, "." being d itself. It returns errLink for a
// link, and ENOTDIR for anything else that is no folder.
func (d dir) folder(name string) (dir, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err == unix.ENOTDIR || err == unix.ELOOP || err == unix.EMLINK {
		if st, statErr := d.lstat(name); statErr == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
			err = errLink
		}
	}
	return dir{fd}, err
}

// down opens the folder at path, which may be "" for d itself.
func (d dir) down(path string) (dir, error) {
	at, err := d.folder(".")
	for path != "" && err == nil {
		var name string
		name, path, _ = strings.Cut(path, "/")
		above := at
		at, err = above.folder(name)
		above.close()
	}
	return at, err
}

// file opens the regular file at path, below d, for reading. It returns
// errNotRegular for anything else, and never waits: O_NONBLOCK keeps it from
// waiting for the other end of a FIFO.
func (d dir) file(path string) (int, error) {
	fd, err := d.direct(path)
	if err != nil {
		fd, err = d.walkTo(path)
	}
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		_ = unix.Close(fd)
		return -1, errNotRegular
	}
	return fd, nil
}

// walkTo opens the file at path one part at a time.
func (d dir) walkTo(path string) (int, error) {
	above, name := split(path)
	at, err := d.down(above)
	if err != nil {
		return -1, err
	}
	defer at.close()
	fd, err := retry(func() (int, error) { return unix.Openat(at.fd, name, readFlags, 0) })
	if err == unix.ELOOP || err == unix.EMLINK || err == unix.ENXIO { // a link, a socket
		return -1, errNotRegular
	}
	return fd, err
}

func (d dir) lstat(name string) (st unix.Stat_t, err error) {
	_, err = retry(func() (int, error) {
		return 0, unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	})
	return st, err
}

func (d dir) readlink(name string) (string, error) {
	for size := 256; ; size *= 2 {
		buf := make([]byte, size)
		n, err := retry(func() (int, error) { return unix.Readlinkat(d.fd, name, buf) })
		if err != nil {
			return "", err
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}

// names lists the folder, in no order, and only once. buf is for it to work
// with.
func (d dir) names(ctx context.Context, buf []byte) (names []string, err error) {
	err = d.list(ctx, buf, func(entries []byte) {
		_, _, names = unix.ParseDirent(entries, -1, names)
	})
	return names, err
}

// list hands over the listing of the folder, as the system writes it, in parts.
func (d dir) list(ctx context.Context, buf []byte, part func(entries []byte)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := retry(func() (int, error) { return unix.ReadDirent(d.fd, buf) })
		if err != nil || n == 0 {
			return err
		}
		part(buf[:n])
	}
}

// retry calls f until no signal interrupts it.
func retry(f func() (int, error)) (int, error) {
	for {
		n, err := f()
		if err != unix.EINTR {
			return n, err
		}
	}
}

// exhausted reports an error that says nothing about a file, but that the
// server has run out of descriptors or memory.
func exhausted(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM)
}

func modTime(st *unix.Stat_t) time.Time { return time.Unix(st.Mtim.Unix()).UTC() }

// changed is a time that nobody can set.
func changed(st *unix.Stat_t) time.Time { return time.Unix(st.Ctim.Unix()).UTC() }

// permissions leaves out set-user-id and its like: they mean nothing elsewhere.
func permissions(st *unix.Stat_t) fs.FileMode { return fs.FileMode(st.Mode) & fs.ModePerm }
