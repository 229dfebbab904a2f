package format

import "context"

// A piece is some of the work: small entries, or a part of a large file. It is
// used again and again.
type piece struct {
	first, next int   // of the plan: entries [first, next)
	large       bool  // a part of first, the only entry
	offset      int64 // of the part in the file
	length      int64 // of the part
	last        bool  // of the file's parts

	member       member // of a part
	items, bytes int64  // to be counted when it is written
	notes        notes

	in      []byte // content; what a packer does with that of small files is its own matter
	out     []byte // packed
	raw     bool   // in stands for itself, because it does not shrink
	crc     uint32 // of in
	records []byte // of what is in out

	before *tail // the end of what is packed before it; may be nil
	tail   *tail // its own
	packed chan struct{}
}

// begin makes p empty.
func (p *piece) begin(first, next int) {
	*p = piece{first: first, next: next, notes: p.notes[:0], in: p.in[:0], out: p.out[:0], records: p.records[:0], packed: p.packed}
}

// end returns the place after p.
func (p *piece) end() place {
	if p.large && !p.last {
		return place{p.first, p.offset + p.length}
	}
	return place{p.next, 0}
}

// note keeps what became of an entry, if there is something to be said.
func (p *piece) note(entry int, f fate) {
	if f != whole {
		p.notes = append(p.notes, note{entry, f})
	}
}

// tailSize is how far back DEFLATE can look (RFC 1951, 3.2.5).
const tailSize = 32 << 10

// A tail is the end of a piece's content, for the piece that comes after it.
type tail struct {
	bytes []byte // valid when ready is closed
	ready chan struct{}
}

func newTail() *tail { return &tail{ready: make(chan struct{})} }

// set sets the tail to the end of content. Nothing is kept in nil.
func (t *tail) set(content []byte) {
	if t == nil {
		return
	}
	t.bytes = append([]byte(nil), content[max(0, len(content)-tailSize):]...)
	close(t.ready)
}

// get waits for the tail of the piece before.
func (t *tail) get(ctx context.Context) ([]byte, error) {
	if t == nil {
		return nil, nil
	}
	select {
	case <-t.ready:
		return t.bytes, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
