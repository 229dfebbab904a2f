package format

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/klauspost/compress/zstd"

	"example.org/carryout/jobs/artifact"
)

// frameSize is how much content a frame has, about: twice as much would compress
// one percent better, and need so much memory that one worker had to do it all.
const frameSize = 2 << 20

// framed wraps in Zstandard, each piece in a frame of its own.
type framed struct{ level string }

// cuts implements wrapping.
func (framed) cuts() cuts {
	return cuts{batch: frameSize, whole: frameSize, part: frameSize, weight: 7 << 20}
}

// effort implements wrapping.
func (f framed) effort() effort {
	e := effort{opening: 12 << 10}
	switch f.level {
	case "store":
		e.packing = 1
	case "fastest":
		e.packing = 1.8
	case "smallest":
		e.packing = 30
	default:
		e.packing = 2.5
	}
	return e
}

// squeezer implements wrapping.
func (f framed) squeezer() (squeezer, error) {
	level := zstd.SpeedDefault
	switch f.level {
	case "store":
		return stored{}, nil
	case "fastest":
		level = zstd.SpeedFastest
	case "smallest":
		level = zstd.SpeedBestCompression
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(frameSize))
	return &zstdSqueezer{z: z, slow: level == zstd.SpeedBestCompression}, err
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

// zstdSqueezer makes frames.
type zstdSqueezer struct {
	z    *zstd.Encoder
	slow bool
	buf  appender
}

// squeeze implements squeezer.
func (s *zstdSqueezer) squeeze(ctx context.Context, p *piece) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.buf = slices.Grow(s.buf[:0], len(p.in)+frameSize/64)
	if !s.slow {
		s.buf = s.z.EncodeAll(p.in, s.buf) // in some 10 ms
	} else if err := s.inParts(ctx, p); err != nil {
		return err
	}
	if p.raw = len(s.buf) >= len(p.in)*worth/100; !p.raw {
		p.out = append(p.out, s.buf...) // which is shorter: pieces are many, and the buffer is one
	}
	return nil
}

// inParts makes a frame so that it can be stopped, and tells how far it is.
func (s *zstdSqueezer) inParts(ctx context.Context, p *piece) error {
	s.z.ResetContentSize(&s.buf, int64(len(p.in)))
	for rest := p.in; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(rest), readSize)
		if _, err := s.z.Write(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
		if p.report != nil {
			p.report(1 - float64(len(rest))/float64(len(p.in)))
		}
	}
	return s.z.Close()
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
