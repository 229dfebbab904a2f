package frozen

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"example.org/carryout/jobs/source"
)

// Rows are those of a copy. They implement [source.Rows]. Open makes them.
type Rows struct {
	from    io.ReaderAt
	end     int64 // where the last block begins
	first   int64 // where the first one with rows does
	columns []source.Column
	count   int64
	digest  Digest
}

// Open opens a copy of that size. What reads it must stay open as long as the
// Rows are used.
func Open(from io.ReaderAt, size int64) (*Rows, error) {
	r := &Rows{from: from, end: size - int64(endSize)}
	if r.end < 0 {
		return nil, ErrDamaged
	}
	last, next, err := r.read(r.end, size, nil)
	if err != nil {
		return nil, err
	}
	if next != size || len(last) != endSize-headSize {
		return nil, ErrDamaged
	}
	r.count = int64(binary.LittleEndian.Uint64(last))
	r.digest = Digest(last[8:])
	columns, first, err := r.read(0, r.end, nil)
	if err != nil {
		return nil, err
	}
	r.first = first
	for d := (decoder{b: columns}); len(d.b) > 0; {
		r.columns = append(r.columns, source.Column{Name: string(d.field()), Type: string(d.field())})
		if d.failed {
			return nil, ErrDamaged
		}
	}
	return r, nil
}

// Digest returns the name of the copy, as Copy has returned it.
func (r *Rows) Digest() Digest { return r.digest }

// Columns implements [source.Rows].
func (r *Rows) Columns() []source.Column { return r.columns }

// Count implements [source.Rows].
func (r *Rows) Count(ctx context.Context) (int64, error) { return r.count, ctx.Err() }

// Version implements [source.Rows].
func (r *Rows) Version() string { return hex.EncodeToString(r.digest[:]) }

// Close implements [source.Rows]. What it reads from is closed by who opened it.
func (r *Rows) Close() error { return nil }

// Each implements [source.Rows].
func (r *Rows) Each(ctx context.Context, after source.Position, do func(source.Position, []source.Value) error) error {
	row := make([]source.Value, len(r.columns))
	var block []byte
	for at := r.first; at < r.end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := r.head(at, r.end)
		if err != nil {
			return err
		}
		if h.last <= after {
			at += int64(headSize) + h.length
			continue
		}
		if block, at, err = r.read(at, r.end, block); err != nil {
			return err
		}
		if err := each(block, h.rows, row, after, do); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// each calls do with the rows of a block that come after a position.
func each(block []byte, rows uint32, row []source.Value, after source.Position, do func(source.Position, []source.Value) error) error {
	// Text outlives the block, whose memory is used again: all text of a block
	// is in one string.
	d := decoder{b: block, text: string(block)}
	for range rows {
		at := source.Position(d.varint())
		for i := range row {
			row[i] = d.value()
		}
		if d.failed {
			return ErrDamaged
		}
		if at <= after {
			continue
		}
		if err := do(at, row); err != nil {
			return err
		}
	}
	if len(d.b) > 0 {
		return ErrDamaged
	}
	return nil
}

// head reads the head of a block that must end before end.
func (r *Rows) head(at, end int64) (head, error) {
	var b [headSize]byte
	if err := r.readAt(b[:], at); err != nil {
		return head{}, err
	}
	h, ok := parseHead(b)
	if !ok || h.length < 0 || h.length > end-at-int64(headSize) {
		return head{}, ErrDamaged
	}
	return h, nil
}

// read reads the block at at into buf, or into more memory where that is too
// little, and returns where the next one begins.
func (r *Rows) read(at, end int64, buf []byte) (block []byte, next int64, err error) {
	h, err := r.head(at, end)
	if err != nil {
		return nil, 0, err
	}
	if int64(cap(buf)) < h.length {
		buf = make([]byte, h.length)
	}
	block = buf[:h.length]
	if err := r.readAt(block, at+int64(headSize)); err != nil {
		return nil, 0, err
	}
	if crc32.Checksum(block, castagnoli) != h.sum {
		return nil, 0, ErrDamaged
	}
	return block, at + int64(headSize) + h.length, nil
}

func (r *Rows) readAt(b []byte, at int64) error {
	n, err := r.from.ReadAt(b, at)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return ErrDamaged
	}
	return fmt.Errorf("reading the frozen copy: %w", err)
}

// A decoder takes what a copier has written from the front of b. After a
// failure it returns nothing but zeros.
type decoder struct {
	b      []byte
	text   string // ends where b does
	failed bool
}

func (d *decoder) value() source.Value {
	switch d.byte() {
	case tagNull:
		return nil
	case tagInt:
		return d.varint()
	case tagFloat:
		return d.float()
	case tagText:
		n := len(d.field())
		end := len(d.text) - len(d.b)
		return d.text[end-n : end]
	case tagBlob:
		return d.field()
	}
	d.fail()
	return nil
}

func (d *decoder) fail() { d.failed, d.b = true, nil }

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return tagNull
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) float() float64 {
	if len(d.b) < 8 {
		d.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(d.b))
	d.b = d.b[8:]
	return v
}

func (d *decoder) field() []byte {
	length, n := binary.Uvarint(d.b)
	if n <= 0 || length > uint64(len(d.b)-n) {
		d.fail()
		return nil
	}
	end := n + int(length)
	f := d.b[n:end:end]
	d.b = d.b[end:]
	return f
}
