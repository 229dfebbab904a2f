package folder

import (
	"io"
	"io/fs"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

// A file is a regular file that is open for reading. An [os.File] would do the
// same, but asks the system twice whether it could wait for the file: a regular
// file cannot be waited for, and many small ones feel it. One goroutine at a
// time uses it.
type file struct {
	fd   int
	path string
}

// Read implements [io.Reader].
func (f *file) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	const most = 1 << 30 // some systems take no more at a time
	n, err := retry(func() (int, error) { return unix.Read(f.fd, p[:min(len(p), most)]) })
	if err != nil {
		return 0, f.failed("read", err)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Seek implements [io.Seeker].
func (f *file) Seek(offset int64, whence int) (at int64, err error) {
	if at, err = unix.Seek(f.fd, offset, whence); err != nil {
		return 0, f.failed("seek", err)
	}
	return at, nil
}

// Stat returns how the file is now.
func (f *file) Stat() (fs.FileInfo, error) {
	var st unix.Stat_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstat(f.fd, &st) }); err != nil {
		return nil, f.failed("stat", err)
	}
	return info{name: path.Base(f.path), size: st.Size, mode: permissions(&st), modTime: modTime(&st)}, nil
}

// Close implements [io.Closer]. To close it twice is an error.
func (f *file) Close() error {
	fd := f.fd
	f.fd = -1
	if err := unix.Close(fd); err != nil {
		return f.failed("close", err)
	}
	return nil
}

func (f *file) failed(op string, err error) error {
	return &fs.PathError{Op: op, Path: f.path, Err: err}
}

// An info is the [fs.FileInfo] of a regular file.
type info struct {
	name    string
	size    int64
	mode    fs.FileMode
	modTime time.Time
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return i.modTime }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
