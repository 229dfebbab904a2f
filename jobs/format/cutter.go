package format

import (
	"context"
	"io"
	"slices"
)

// A cutter cuts the plan into pieces. It leaves small files to be read by the
// workers, and reads large ones itself, from the beginning to the end.
type cutter struct {
	*archive
	line *line
	cuts cuts
	tail *tail // of the piece before
}

// run cuts everything that comes after at.
func (c *cutter) run(ctx context.Context, at place) error {
	defer c.line.close()
	for i := at.entry; i < len(c.plan.Entries); {
		if c.isLarge(i) {
			if err := c.large(ctx, i, at.offset); err != nil {
				return err
			}
			at.offset = 0
			i++
			continue
		}
		p, err := c.take(ctx, i, i+1)
		if err != nil {
			return err
		}
		i = c.fillBatch(p)
		c.line.put(p)
	}
	return nil
}

// take begins a piece of entries [first, next).
func (c *cutter) take(ctx context.Context, first, next int) (*piece, error) {
	p, err := c.line.take(ctx)
	if err != nil {
		return nil, err
	}
	p.begin(first, next)
	if c.cuts.tails {
		p.before, p.tail = c.tail, newTail()
		c.tail = p.tail
	}
	return p, nil
}

// fillBatch makes p as long as a batch may be, and returns the entry after it.
func (c *cutter) fillBatch(p *piece) (next int) {
	for size := int64(0); ; p.next++ {
		e := c.plan.Entries[p.next-1]
		size += c.cuts.around(e.Size)
		p.items++
		p.bytes += e.Size
		if p.next == len(c.plan.Entries) || p.items == c.cuts.most || c.isLarge(p.next) || size+c.cuts.around(c.plan.Entries[p.next].Size) > c.cuts.batch {
			return p.next
		}
	}
}

func (c *cutter) isLarge(i int) bool {
	e := c.plan.Entries[i]
	return e.Mode.IsRegular() && e.Size > c.cuts.whole
}

// large cuts entry i, from offset on.
func (c *cutter) large(ctx context.Context, i int, offset int64) error {
	e, m := c.plan.Entries[i], c.member(i)
	f := leftOutName(m)
	var file io.ReadCloser
	if f == whole {
		var err error
		if file, f, err = c.open(ctx, e); err != nil {
			return err
		}
	}
	if f.leftOut() && offset == 0 {
		return c.nothing(ctx, i, f)
	}
	r := &reading{file: file, left: e.Size - offset, ended: file == nil, count: c.reader()}
	err := c.parts(ctx, i, offset, m, r, f)
	if file != nil {
		// The file was only read: its Close has nothing to say that its reads
		// did not.
		_ = file.Close()
	}
	return err
}

// nothing makes a piece that says that entry i is left out.
func (c *cutter) nothing(ctx context.Context, i int, f fate) error {
	p, err := c.take(ctx, i, i+1)
	if err != nil {
		return err
	}
	p.tail.set(nil)
	p.large, p.last = true, true
	p.items, p.bytes = 1, c.plan.Entries[i].Size
	p.note(i, f)
	c.line.put(p)
	return nil
}

// parts makes pieces of what r reads.
func (c *cutter) parts(ctx context.Context, i int, offset int64, m member, r *reading, f fate) error {
	if err := r.skip(ctx, offset); err != nil {
		return err
	}
	for last := false; !last; {
		p, err := c.take(ctx, i, i+1)
		if err != nil {
			return err
		}
		p.large, p.offset, p.member = true, offset, m
		if offset == 0 {
			if p.in, err = c.out.head(p.in, m); err != nil {
				return err
			}
		}
		if err := c.fillPart(ctx, p, r, m.size); err != nil {
			return err
		}
		offset += p.length
		if last = p.last; last {
			p.items, p.bytes = 1, m.size-p.offset
			if f == whole {
				f = r.fate(c.plan.Entries[i])
			}
			p.note(i, f.within())
		}
		p.tail.set(p.in)
		c.line.put(p)
	}
	return nil
}

// fillPart reads a part of a file of that size into p.
func (c *cutter) fillPart(ctx context.Context, p *piece, r *reading, size int64) (err error) {
	want := min(c.cuts.part, size-p.offset)
	had := int64(len(p.in))
	if p.in, err = r.append(ctx, p.in, want); err != nil {
		return err
	}
	p.length = int64(len(p.in)) - had
	p.last = p.offset+want == size || r.ended && c.cuts.align == 0
	if c.cuts.align > 0 {
		p.in = appendZeros(p.in, want-p.length)
		p.length = want
		if p.last {
			p.in = appendZeros(p.in, padding(size, c.cuts.align))
		}
	}
	p.bytes = p.length
	return nil
}

// padding returns how many bytes are missing to the next multiple of align.
func padding(size, align int64) int64 { return (align - size%align) % align }

func appendZeros(b []byte, n int64) []byte {
	b = slices.Grow(b, int(n))
	at := len(b)
	b = b[:at+int(n)]
	clear(b[at:])
	return b
}
