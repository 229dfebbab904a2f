package format

import (
	"context"
	"errors"
	"io"

	"example.org/carryout/jobs/meter"
)

// A body reads one file of a plan: at most as many bytes as were planned, each
// counted on the meter. Its only error is io.EOF: what went wrong with the
// source it remembers, because the archive goes on all the same.
type body struct {
	file  io.Reader
	left  int64 // of what was planned
	meter *meter.Meter

	longer bool // there was more than planned
	failed bool // a read failed before the end
	ended  bool
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (n int, err error) {
	switch {
	case b.ended:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	case b.left == 0:
		return 0, b.beyond()
	}
	n, err = b.file.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.meter.Add(0, int64(n))
	if err == nil {
		return n, nil
	}
	b.ended = true
	b.failed = !errors.Is(err, io.EOF) && b.left > 0
	return n, io.EOF
}

// beyond looks whether the file goes on where it was planned to end.
func (b *body) beyond() error {
	var one [1]byte
	n, err := b.file.Read(one[:])
	if n == 0 && err == nil {
		return nil // the reader has not made up its mind
	}
	b.ended, b.longer = true, n > 0
	return io.EOF
}

const copySize = 128 << 10 // copied at a time, between two looks at the context

// copyTo copies all of r to w through buf.
func copyTo(ctx context.Context, w io.Writer, r io.Reader, buf []byte) (written int64, err error) {
	for {
		n, end := fill(ctx, r, buf)
		if end != nil && !errors.Is(end, io.EOF) {
			return written, end
		}
		if n > 0 {
			n, err := w.Write(buf[:n])
			written += int64(n)
			if err != nil {
				return written, err
			}
		}
		if end != nil {
			return written, nil
		}
	}
}

// fill reads until buf is full. At the end of r it returns io.EOF, even if it
// has read something.
func fill(ctx context.Context, r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		m, err := r.Read(buf[n:min(n+copySize, len(buf))])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
