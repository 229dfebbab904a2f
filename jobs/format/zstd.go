package format

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/DataDog/zstd"
	"github.com/cespare/xxhash/v2"

	"example.org/carryout/jobs/artifact"
)

// frameSize is how much content a frame has, about: twice as much would compress
// two percent better, and need so much memory that one worker had to do it all.
const frameSize = 2 << 20

// framed wraps in Zstandard, each piece in a frame of its own.
type framed struct{ level string }

// cuts implements wrapping.
func (framed) cuts() cuts {
	return cuts{batch: frameSize, whole: frameSize, part: frameSize, weight: 3 << 20}
}

// effort implements wrapping.
func (f framed) effort() effort {
	e := effort{opening: 12 << 10}
	switch f.level {
	case "store":
		e.packing = 1
	case "fastest":
		e.packing = 1.1
	case "smallest":
		e.packing = 7.5
	default:
		e.packing = 1.6
	}
	return e
}

// squeezer implements wrapping.
func (f framed) squeezer() (squeezer, error) {
	switch f.level {
	case "store":
		return stored{}, nil
	case "fastest":
		return &zstdSqueezer{z: zstd.NewCtx(), level: 1}, nil
	case "smallest":
		return &zstdSqueezer{z: zstd.NewCtx(), level: 8}, nil
	}
	return &zstdSqueezer{z: zstd.NewCtx(), level: 3}, nil
}

// head implements wrapping.
func (framed) head(*artifact.Writer) error { return nil }

// write implements wrapping.
func (framed) write(out *artifact.Writer, p *piece) error {
	write := func(b []byte) error {
		_, err := out.Write(b)
		return err
	}
	switch {
	case len(p.in) == 0:
		return nil
	case p.raw:
		return eachRaw(p.in, write)
	}
	return write(p.out)
}

// end implements wrapping.
func (framed) end(*artifact.Writer) error { return nil }

// before implements wrapping: frames do not look back.
func (framed) before() *tail { return nil }

// append implements wrapping.
func (framed) append(b []byte) []byte { return b }

// restore implements wrapping.
func (framed) restore(*decoder) {}

// zstdSqueezer makes frames, which takes up to 40 ms. What libzstd has in memory
// for it, some 2 MB, the collector frees.
type zstdSqueezer struct {
	z     zstd.Ctx
	level int
	buf   []byte
}

// squeeze implements squeezer.
func (s *zstdSqueezer) squeeze(ctx context.Context, p *piece) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(p.in) == 0 {
		return nil
	}
	s.buf = slices.Grow(s.buf[:0], zstd.CompressBound(len(p.in)))
	frame, err := s.z.CompressLevel(s.buf, p.in, s.level)
	if err != nil {
		return fmt.Errorf("compressing: %w", err)
	}
	if p.raw = len(frame) >= len(p.in)*worth/100; !p.raw {
		p.out = appendChecked(p.out, frame, p.in) // which is shorter: pieces are many, and the buffer is one
	}
	return nil
}

// appendChecked appends a frame, and has it say by a checksum what its content is
// (RFC 8878, 3.1.1).
func appendChecked(b, frame, content []byte) []byte {
	const descriptor, checksum = 4, 1 << 2 // after the magic number; a bit of it
	at := len(b) + descriptor
	b = append(b, frame...)
	b[at] |= checksum
	return binary.LittleEndian.AppendUint32(b, uint32(xxhash.Sum64(content)))
}

// longestRaw is the longest content of one block (RFC 8878, 3.1.1.2.4).
const longestRaw = 128 << 10

// eachRaw gives f the bytes of a frame that stores content, in order.
func eachRaw(content []byte, f func([]byte) error) error {
	// The magic number, and a header that tells the size of the content in four
	// bytes and that it is the window too (3.1.1.1).
	head := []byte{0x28, 0xb5, 0x2f, 0xfd, 2<<6 | 1<<5}
	if err := f(binary.LittleEndian.AppendUint32(head, uint32(len(content)))); err != nil {
		return err
	}
	for {
		n := min(len(content), longestRaw)
		last := 0
		if n == len(content) {
			last = 1
		}
		head := n<<3 | last // type 0: raw (3.1.1.2)
		if err := f([]byte{byte(head), byte(head >> 8), byte(head >> 16)}); err != nil {
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
