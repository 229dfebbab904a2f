package artifact

import (
	"context"
	"errors"
	"io"
	"math"
)

const (
	bufferSize = 256 << 10 // of one write to a Staged
	buffers    = 8         // of a Writer, so that hashing may lag behind by 2 MiB
)

// errClosed reports a Writer that is used after its end.
var errClosed = errors.New("the artifact's writer is closed")

// A Writer writes a staged file and finds out its Digest on the way. Hashing
// has a goroutine of its own, which ends with Commit, Abort or Leave: one of them
// must be called. Else one goroutine at a time uses a Writer.
type Writer struct {
	staged Staged
	hasher *hasher
	buf    []byte // what is not staged yet
	size   int64
	most   int64 // that size may be
	over   error // what Write returns beyond that
	err    error // the first one, for good
	ended  bool
}

// NewWriter begins a file. s must be empty.
func NewWriter(s Staged) *Writer { return newWriter(s, newHashes()) }

// ResumeWriter goes on with the file of a checkpoint: s must have been staged
// with the [Mark] of state. It returns ErrStale if the two do not belong
// together.
func ResumeWriter(s Staged, state []byte) (*Writer, error) {
	c, err := parseCheckpoint(state)
	if err != nil {
		return nil, err
	}
	if c.hashes.size != s.Size() {
		return nil, ErrStale
	}
	return newWriter(s, c.hashes), nil
}

func newWriter(s Staged, h *hashes) *Writer {
	w := &Writer{staged: s, hasher: startHasher(h), size: h.size, most: math.MaxInt64}
	w.buf = w.hasher.buffer()
	return w
}

// Limit has every write fail with err that would make the file larger than so
// many bytes.
func (w *Writer) Limit(bytes int64, err error) { w.most, w.over = bytes, err }

// Write implements [io.Writer]. The bytes may lie in memory for a while.
func (w *Writer) Write(p []byte) (n int, err error) {
	if int64(len(p)) > w.most-w.size && w.err == nil {
		w.err = w.over
	}
	for len(p) > 0 {
		if w.err != nil {
			return n, w.err
		}
		room := min(len(p), cap(w.buf)-len(w.buf))
		w.buf = append(w.buf, p[:room]...)
		w.size += int64(room)
		n, p = n+room, p[room:]
		if len(w.buf) == cap(w.buf) {
			w.flush()
		}
	}
	return n, w.err
}

// Size returns how many bytes have been written, those before a resume
// included.
func (w *Writer) Size() int64 { return w.size }

// Checkpoint makes what has been written durable and returns what ResumeWriter
// needs to go on from there.
func (w *Writer) Checkpoint() (state []byte, err error) {
	if w.flush(); w.err != nil {
		return nil, w.err
	}
	mark, err := w.staged.Checkpoint()
	if err != nil {
		w.err = err
		return nil, err
	}
	return checkpoint{mark: mark, hashes: w.hasher.wait()}.append(nil)
}

// Commit makes the file durable under its job and returns what is in it. If it
// fails, the file is not there, and Abort or Leave has still to be called.
func (w *Writer) Commit(ctx context.Context) (Digest, error) {
	if w.flush(); w.err != nil {
		return Digest{}, w.err
	}
	d := w.end().digest()
	w.err = w.staged.Commit(ctx, d)
	if w.err != nil {
		return Digest{}, w.err
	}
	w.err = errClosed
	return d, nil
}

// Abort throws the file away. After a Commit that went well it does nothing.
func (w *Writer) Abort() error {
	w.end()
	return w.staged.Abort()
}

// Leave lets the file lie as it is, so that the last checkpoint can be gone on
// from. After a Commit that went well it does nothing.
func (w *Writer) Leave() error {
	w.end()
	return w.staged.Leave()
}

// flush stages the buffer, hands it to the hasher, and takes another.
func (w *Writer) flush() {
	if w.err != nil || len(w.buf) == 0 {
		return
	}
	n, err := w.staged.Write(w.buf)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = err
		return
	}
	w.hasher.add(w.buf)
	w.buf = w.hasher.buffer()
}

// end waits until everything is hashed and the goroutine has ended.
func (w *Writer) end() *hashes {
	if !w.ended {
		w.ended = true
		w.hasher.stop()
		if w.err == nil {
			w.err = errClosed
		}
	}
	return w.hasher.hashes
}
