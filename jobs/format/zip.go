package format

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"time"

	"github.com/klauspost/compress/flate"

	"example.org/carryout/jobs/source"
)

// Zip returns ZIP archives as PKWARE describes them
// (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), with 64-bit
// sizes where they are needed and only there. What does not shrink is stored.
// Times before 1980 or after 2099 do not exist in them; the nearest one that
// does stands there.
func Zip() Format {
	return Format{
		Name: "zip", Title: "ZIP archive", Hint: "Opens everywhere.",
		Ext: ".zip", Media: "application/zip", Version: 1,
		Options: levels(),
		Files: func(ctx context.Context, t Task, in source.Files) error {
			out, err := newZipper(t.Out, deflateLevel(t.Options))
			if err != nil {
				return err
			}
			// A backslash is no separator, and must not be taken for one (4.4.17.1).
			a := archive{task: t, in: in, out: out, naming: naming{not: `\`}}
			return a.run(ctx)
		},
	}
}

const (
	inMemory  = 1 << 20  // files up to this size have their sizes before them
	probeSize = 64 << 10 // of a larger file, to see whether it shrinks
	worth     = 98       // percent: what stays larger than this is not compressed
	utf8Flag  = 0x800    // the name is UTF-8 (APPNOTE 4.4.4, bit 11)
	version20 = 20       // what a reader needs to know (APPNOTE 4.4.3)
)

// zipper is the container of ZIP archives.
type zipper struct {
	zip   *zip.Writer
	level int
	in    []byte       // the start of a file
	out   bytes.Buffer // what became of it

	short   *flate.Writer // to out
	long    *flate.Writer // to the archive, and in use until the next entry
	huffman *flate.Writer // the same for what does not shrink
	shrinks bool          // what is written next
}

func newZipper(w io.Writer, level int) (*zipper, error) {
	z := &zipper{zip: zip.NewWriter(w), level: level, in: make([]byte, inMemory+1)}
	var err error
	for _, c := range []struct {
		to    **flate.Writer
		level int
	}{{&z.short, level}, {&z.long, level}, {&z.huffman, flate.HuffmanOnly}} {
		if *c.to, err = flate.NewWriter(nil, c.level); err != nil {
			return nil, err
		}
	}
	z.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return z.compressor(w), nil
	})
	return z, nil
}

// add implements container.
func (z *zipper) add(ctx context.Context, m member) error {
	if m.body == nil {
		return z.addStored(m, []byte(m.target))
	}
	n, err := fill(ctx, m.body, z.in)
	switch {
	case err == nil:
		return z.addLong(ctx, m, z.in)
	case errors.Is(err, io.EOF):
		return z.addShort(m, z.in[:n])
	}
	return err
}

// close implements container.
func (z *zipper) close() error { return z.zip.Close() }

// addShort adds a file that is in memory.
func (z *zipper) addShort(m member, content []byte) error {
	if z.level == flate.NoCompression || !z.compress(content) {
		return z.addStored(m, content)
	}
	h := newHeader(m)
	h.Method = zip.Deflate
	h.CompressedSize64 = uint64(z.out.Len())
	return z.addRaw(h, content, z.out.Bytes())
}

func (z *zipper) addStored(m member, content []byte) error {
	h := newHeader(m)
	h.CompressedSize64 = uint64(len(content))
	return z.addRaw(h, content, content)
}

// addRaw adds a file whose packed form is known.
func (z *zipper) addRaw(h *zip.FileHeader, content, packed []byte) error {
	h.CRC32 = crc32.ChecksumIEEE(content)
	h.UncompressedSize64 = uint64(len(content))
	h.ReaderVersion = version20
	h.Extra = appendTime(h.Extra, h.Modified)
	//lint:ignore SA1019 CreateRaw writes these, and does not make them of Modified
	h.ModifiedDate, h.ModifiedTime = dosTime(h.Modified)
	if !h.NonUTF8 {
		h.Flags |= utf8Flag
	}
	w, err := z.zip.CreateRaw(h)
	if err != nil || len(packed) == 0 {
		return err
	}
	_, err = w.Write(packed)
	return err
}

// addLong adds a file of which head has been read: its sizes stand after it.
// It is never stored, because a reader of a stream could not find its end.
func (z *zipper) addLong(ctx context.Context, m member, head []byte) error {
	z.shrinks = z.level == flate.NoCompression || z.compress(head[:probeSize])
	h := newHeader(m)
	h.Method = zip.Deflate
	w, err := z.zip.CreateHeader(h)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = copyTo(ctx, w, m.body, head[:copySize])
	return err
}

// compress compresses content into z.out and reports whether that was worth
// it.
func (z *zipper) compress(content []byte) bool {
	z.out.Reset()
	z.short.Reset(&z.out)
	z.short.Write(content) // errors come from z.out, which has none
	z.short.Close()
	return z.out.Len() < len(content)*worth/100
}

func (z *zipper) compressor(w io.Writer) io.WriteCloser {
	c := z.huffman
	if z.shrinks {
		c = z.long
	}
	c.Reset(w)
	return c
}

func newHeader(m member) *zip.FileHeader {
	h := &zip.FileHeader{Name: m.name, Method: zip.Store, Modified: zipTime(m.modTime), NonUTF8: isASCII(m.name)}
	h.SetMode(m.mode)
	return h
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// zipTime returns the time nearest to t that a ZIP archive can hold, in both
// of its ways.
func zipTime(t time.Time) time.Time {
	first := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(2099, 12, 31, 23, 59, 58, 0, time.UTC)
	if t.Before(first) {
		return first
	}
	if t.After(last) {
		return last
	}
	return t
}

// dosTime returns t as MS-DOS would have it (APPNOTE 4.4.6), in UTC.
func dosTime(t time.Time) (date, clock uint16) {
	date = uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9)
	clock = uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
	return date, clock
}

// appendTime appends the extended timestamp, seconds since 1970, as
// archive/zip does where it packs the file itself.
func appendTime(extra []byte, t time.Time) []byte {
	s := uint32(t.Unix())
	return append(extra, 0x55, 0x54, 5, 0, 1, byte(s), byte(s>>8), byte(s>>16), byte(s>>24))
}
