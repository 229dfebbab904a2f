package format

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// newZstd returns what compresses to w at the level of the options.
func newZstd(w io.Writer, o map[string]string) (io.WriteCloser, error) {
	level := zstd.SpeedDefault
	switch o["level"] {
	case "store":
		return newRawZstd(w), nil
	case "fastest":
		level = zstd.SpeedFastest
	case "smallest":
		level = zstd.SpeedBestCompression
	}
	return zstd.NewWriter(w, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1))
}

const rawBlock = 128 << 10 // the longest there may be (RFC 8878, 3.1.1.2)

// rawZstd writes one frame whose blocks are raw: what is for people who want
// no compression and still said zst.
type rawZstd struct {
	w   io.Writer
	buf []byte // the head of a block and what is in it so far
	err error
}

const blockHead = 3

func newRawZstd(w io.Writer) *rawZstd {
	z := &rawZstd{w: w, buf: make([]byte, blockHead, blockHead+rawBlock)}
	// The magic number, no flags, and a window of 128 KiB (3.1.1.1).
	_, z.err = w.Write([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3})
	return z
}

// Write implements [io.Writer].
func (z *rawZstd) Write(p []byte) (n int, err error) {
	for len(p) > 0 && z.err == nil {
		if len(z.buf) == cap(z.buf) {
			z.flush(false)
			continue
		}
		room := min(len(p), cap(z.buf)-len(z.buf))
		z.buf = append(z.buf, p[:room]...)
		n, p = n+room, p[room:]
	}
	return n, z.err
}

// Close writes the last block.
func (z *rawZstd) Close() error {
	if z.err == nil {
		z.flush(true)
	}
	return z.err
}

func (z *rawZstd) flush(last bool) {
	head := uint32(len(z.buf)-blockHead) << 3 // type 0: raw
	if last {
		head |= 1
	}
	z.buf[0], z.buf[1], z.buf[2] = byte(head), byte(head>>8), byte(head>>16)
	_, z.err = z.w.Write(z.buf)
	z.buf = z.buf[:blockHead]
}
