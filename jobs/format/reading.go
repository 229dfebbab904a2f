package format

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// readSize is read at a time, between two looks at the context.
const readSize = 256 << 10

// A reading reads one file of a plan: at most as many bytes as were planned.
// What goes wrong with the source it remembers, because the archive goes on all
// the same.
type reading struct {
	file   io.Reader
	left   int64 // of what was planned
	ended  bool  // before that
	failed bool  // a read failed

	count func(bytes int64) // called with what was read, where that is work of its own; nil: it is not
}

// append appends the next n bytes, or fewer at the end of the file. Its error
// is that of ctx.
func (r *reading) append(ctx context.Context, b []byte, n int64) ([]byte, error) {
	if r.ended {
		return b, nil
	}
	b = slices.Grow(b, int(n))
	for n > 0 && !r.ended {
		if err := ctx.Err(); err != nil {
			return b, err
		}
		at := len(b)
		m, err := r.file.Read(b[at : at+int(min(n, readSize))])
		b = b[:at+m]
		n, r.left = n-int64(m), r.left-int64(m)
		if r.count != nil {
			r.count(int64(m))
		}
		if err != nil {
			if err := ctx.Err(); err != nil {
				return b, err // it may be all that was wrong with the file
			}
			r.ended = r.left > 0
			r.failed = r.ended && !errors.Is(err, io.EOF)
			break
		}
	}
	return b, nil
}

// skip passes over the first n bytes of the file, which are not counted.
func (r *reading) skip(ctx context.Context, n int64) error {
	if n == 0 || r.ended {
		return nil
	}
	if s, ok := r.file.(io.Seeker); ok {
		if _, err := s.Seek(n, io.SeekStart); err == nil {
			return nil
		}
	}
	passed := reading{file: r.file, left: n}
	buf := make([]byte, 0, readSize)
	for passed.left > 0 && !passed.ended {
		var err error
		if buf, err = passed.append(ctx, buf[:0], min(passed.left, readSize)); err != nil {
			return err
		}
	}
	r.ended, r.failed = passed.ended, passed.failed
	return nil
}

// fate compares what was read with what was planned.
func (r *reading) fate(e source.Entry) fate {
	switch {
	case r.failed:
		return broken
	case r.ended:
		return shorter
	}
	info, known := stat(r.file)
	switch {
	case known && info.Size() > e.Size:
		return longer
	case known && (info.Size() < e.Size || differ(info.ModTime(), e.ModTime)):
		return touched
	case !known && r.goesOn():
		return longer
	}
	return whole
}

// stat asks a file that is one of the disk how it is now.
func stat(file io.Reader) (info fs.FileInfo, known bool) {
	s, ok := file.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return nil, false
	}
	info, err := s.Stat()
	return info, err == nil
}

// differ compares times by their milliseconds: more is not kept everywhere.
func differ(a, b time.Time) bool { return a.UnixMilli() != b.UnixMilli() }

// goesOn reports whether there is more than was planned.
func (r *reading) goesOn() bool {
	var one [1]byte
	for range 10 { // it may need a while to make up its mind
		if n, err := r.file.Read(one[:]); n > 0 || err != nil {
			return n > 0
		}
	}
	return false
}

// open opens a file of the plan. Its error is one that ends the run.
func (a *archive) open(ctx context.Context, e source.Entry) (io.ReadCloser, fate, error) {
	file, err := a.in.Open(ctx, e)
	var failure *jobs.Failure
	switch {
	case err == nil:
		return file, whole, nil
	case ctx.Err() != nil:
		return nil, 0, ctx.Err()
	case errors.As(err, &failure):
		return nil, 0, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, vanished, nil
	case errors.Is(err, source.ErrChanged):
		return nil, turned, nil
	}
	return nil, unreadable, nil
}

// reader returns what counts bytes that are read; nil: they are no work of their
// own.
func (a *archive) reader() func(bytes int64) {
	if !a.kinds.slow {
		return nil
	}
	return func(bytes int64) { a.task.Meter.Worked(a.kinds.read(bytes)...) }
}

// read implements reader.
func (a *archive) read(ctx context.Context, i int, b []byte) ([]byte, fate, error) {
	e := a.plan.Entries[i]
	file, f, err := a.open(ctx, e)
	if err != nil || f != whole {
		return b, f, err
	}
	r := reading{file: file, left: e.Size, count: a.reader()}
	b, err = r.append(ctx, b, e.Size)
	if err == nil {
		f = r.fate(e)
	}
	_ = file.Close() // only read
	return b, f, err
}
