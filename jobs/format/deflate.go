package format

import (
	"context"

	"example.org/carryout/jobs/format/deflate"
)

const (
	worth = 98 // percent: what does not become smaller than this is stored

	probeFrom = 64 << 10 // shorter contents are not probed, but compressed and looked at
	probeSize = 4 << 10
	probes    = 3 // spread over the content
)

// A deflater compresses pieces of content. What it makes of a piece depends on
// nothing that it did before.
type deflater struct {
	encoder *deflate.Encoder // nil: nothing is worth it
	level   deflate.Level
	probe   []byte
}

func newDeflater(level deflateLevel) *deflater {
	if level.store {
		return &deflater{}
	}
	return &deflater{encoder: deflate.NewEncoder(), level: level.level}
}

// deflate appends content to b, compressed, or reports that this is not worth
// it and returns b as it was. before is what the reader has seen before. If the
// content is not the last of its stream, what follows begins with a byte of its
// own (a sync flush).
func (d *deflater) deflate(ctx context.Context, b, content, before []byte, last bool) (packed []byte, worthIt bool, err error) {
	if err := ctx.Err(); err != nil {
		return b, false, err
	}
	room := d.room(content)
	if room == 0 {
		return b, false, nil
	}
	packed, worthIt = d.encoder.Append(b, content, before, d.level, last, room)
	return packed, worthIt, nil
}

// deflateEach does the same for contents that lie one after the other, each a
// stream of its own. Of texts it needs the sizes.
func (d *deflater) deflateEach(ctx context.Context, b, contents []byte, texts []deflate.Text) (packed []byte, err error) {
	if err := ctx.Err(); err != nil || d.encoder == nil {
		return b, err
	}
	rest := contents
	for i := range texts {
		texts[i].Room = uint32(d.room(rest[:texts[i].Size]))
		rest = rest[texts[i].Size:]
	}
	return d.encoder.AppendEach(b, contents, texts, d.level), nil
}

// room returns how long what becomes of content may be; 0 if it is not worth
// trying.
func (d *deflater) room(content []byte) int {
	room := len(content)*worth/100 - 1
	if d.encoder == nil || room <= 0 || !d.shrinks(content) {
		return 0
	}
	return room
}

// shrinks guesses from a few samples whether content is worth compressing.
func (d *deflater) shrinks(content []byte) bool {
	if len(content) < probeFrom {
		return true
	}
	size := 0
	for i := range probes {
		at := (len(content) - probeSize) / (probes - 1) * i
		d.probe, _ = d.encoder.Append(d.probe[:0], content[at:at+probeSize], nil, deflate.Fastest, true, 2*probeSize)
		size += len(d.probe)
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
