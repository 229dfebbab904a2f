package format

import (
	"context"
	"encoding/binary"
	"hash/crc32"

	"example.org/carryout/jobs/artifact"
)

// gzipped wraps in gzip, as one member whose pieces end at whole bytes.
type gzipped struct {
	level deflateLevel
	crc   uint32 // of the content so far
	size  int64  // of the content so far
	tail  *tail  // of the content so far
}

// cuts implements wrapping.
func (g *gzipped) cuts() cuts {
	return cuts{batch: 512 << 10, whole: 1 << 20, part: 1 << 20, weight: 3 << 20, tails: true}
}

// effort implements wrapping.
func (g *gzipped) effort() effort { return g.level.effort() }

// squeezer implements wrapping.
func (g *gzipped) squeezer() (squeezer, error) {
	return gzipSqueezer{newDeflater(g.level)}, nil
}

// head implements wrapping.
func (g *gzipped) head(out *artifact.Writer) error {
	// DEFLATE, no flags, no time, no hint, from an unknown system (RFC 1952,
	// 2.3).
	_, err := out.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255})
	return err
}

// write implements wrapping.
func (g *gzipped) write(out *artifact.Writer, p *piece) error {
	g.tail = p.tail
	if len(p.in) == 0 {
		return nil
	}
	g.crc = joinCRC(g.crc, p.crc, int64(len(p.in)))
	g.size += int64(len(p.in))
	write := func(b []byte) error {
		_, err := out.Write(b)
		return err
	}
	if p.raw {
		return eachStored(p.in, false, write)
	}
	return write(p.out)
}

// end implements wrapping.
func (g *gzipped) end(out *artifact.Writer) error {
	b := []byte{3, 0} // the last block, without content
	b = binary.LittleEndian.AppendUint32(b, g.crc)
	b = binary.LittleEndian.AppendUint32(b, uint32(g.size))
	_, err := out.Write(b)
	return err
}

// before implements wrapping.
func (g *gzipped) before() *tail { return g.tail }

// append implements wrapping.
func (g *gzipped) append(b []byte) []byte {
	b = appendUvarint(b, uint64(g.crc))
	b = appendUvarint(b, uint64(g.size))
	if g.tail == nil {
		return appendField(b, nil)
	}
	return appendField(b, g.tail.bytes)
}

// restore implements wrapping.
func (g *gzipped) restore(d *decoder) {
	g.crc = uint32(d.int64())
	g.size = d.int64()
	g.tail = newTail()
	g.tail.set(d.field())
}

type gzipSqueezer struct{ *deflater }

// squeeze implements squeezer.
func (s gzipSqueezer) squeeze(ctx context.Context, p *piece) error {
	before, err := p.before.get(ctx)
	if err != nil {
		return err
	}
	p.crc = crc32.ChecksumIEEE(p.in)
	var deflated bool
	p.out, deflated, err = s.deflate(ctx, p.out, p.in, before, false)
	p.raw = !deflated
	return err
}
