package format

import (
	"context"

	"github.com/klauspost/compress/flate"
)

const (
	worth = 98 // percent: what stays larger than this is stored

	probeFrom = 64 << 10 // shorter contents are not probed, but compressed and looked at
	probeSize = 4 << 10
	probes    = 3 // spread over the content
)

// A deflater compresses pieces of content (RFC 1951,
// https://www.rfc-editor.org/rfc/rfc1951). What it makes of a piece depends on
// nothing that it did before.
type deflater struct {
	most, middle *flate.Writer // nil: nothing is worth it
	probe        *flate.Writer
	buf          appender
}

func newDeflater(level deflateLevel) (*deflater, error) {
	d := &deflater{}
	if level == (deflateLevel{}) {
		return d, nil
	}
	var err error
	if d.most, err = flate.NewWriter(nil, level.most); err != nil {
		return nil, err
	}
	d.middle = d.most
	if level.middle != level.most {
		if d.middle, err = flate.NewWriter(nil, level.middle); err != nil {
			return nil, err
		}
	}
	d.probe, err = flate.NewWriter(nil, flate.BestSpeed)
	return d, err
}

// deflate appends content to b, compressed, or reports that this is not worth
// it and returns b as it was. before is what the reader has seen before. If the
// content is not the last of its stream, what follows begins with a byte of its
// own (a sync flush).
func (d *deflater) deflate(ctx context.Context, b, content, before []byte, last bool) (packed []byte, worthIt bool, err error) {
	if d.most == nil || len(content) == 0 || !d.shrinks(content) {
		return b, false, nil
	}
	w := d.most
	if len(content) > middleFrom && len(content) <= middleTo {
		w = d.middle
	}
	d.buf = b
	w.ResetDict(&d.buf, before) // not Reset, which keeps the dictionary
	if err := writeBlocks(ctx, w, content, last); err != nil {
		return b, false, err
	}
	packed, d.buf = d.buf, nil
	if len(packed)-len(b) >= len(content)*worth/100 {
		return packed[:len(b)], false, nil
	}
	return packed, true, nil
}

// flushEvery is how much content shares a code. Left alone, the writer takes
// longer blocks, whose codes fit less well.
const flushEvery = 32 << 10

// writeBlocks compresses content, and looks at ctx now and then.
func writeBlocks(ctx context.Context, w *flate.Writer, content []byte, last bool) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(content), flushEvery)
		if _, err := w.Write(content[:n]); err != nil {
			return err
		}
		content = content[n:]
		if len(content) == 0 && last {
			return w.Close()
		}
		if err := w.Flush(); err != nil || len(content) == 0 {
			return err
		}
	}
}

// shrinks guesses from a few samples whether content is worth compressing.
func (d *deflater) shrinks(content []byte) bool {
	if len(content) < probeFrom {
		return true
	}
	size := 0
	d.buf = make([]byte, 0, 2*probeSize)
	for i := range probes {
		at := (len(content) - probeSize) / (probes - 1) * i
		d.probe.Reset(&d.buf)
		d.probe.Write(content[at : at+probeSize]) // its errors are those of d.buf, which has none
		d.probe.Close()
		size += len(d.buf)
		d.buf = d.buf[:0]
	}
	return size < probes*probeSize*worth/100
}

// longestStored is the longest content of one stored block (RFC 1951, 3.2.4).
const longestStored = 1<<16 - 1

// storedSize returns how many bytes of a stream n bytes take where they are
// stored.
func storedSize(n int64) int64 {
	blocks := max(1, (n+longestStored-1)/longestStored)
	return n + 5*blocks
}

// eachStored gives f the bytes of a stream that stores content, in order.
func eachStored(content []byte, last bool, f func([]byte) error) error {
	for {
		n := min(len(content), longestStored)
		head := [5]byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}
		if last && n == len(content) {
			head[0] = 1
		}
		if err := f(head[:]); err != nil {
			return err
		}
		if err := f(content[:n]); err != nil {
			return err
		}
		if content = content[n:]; len(content) == 0 {
			return nil
		}
	}
}

// An appender is an [io.Writer] that appends.
type appender []byte

// Write implements [io.Writer].
func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}
