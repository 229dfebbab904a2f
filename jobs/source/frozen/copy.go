package frozen

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"

	"example.org/carryout/jobs/source"
)

// Copy writes all rows of in to w, and returns the name of what it has written.
// It tells how far it has come, in rows and in bytes, about every 256 KiB, and
// ends with the error of told if that returns one.
func Copy(ctx context.Context, w io.Writer, in source.Rows, told func(rows, bytes int64) error) (Digest, error) {
	c := &copier{to: w, told: told, heads: sha256.New()}
	c.block = make([]byte, headSize, headSize+blockSize)
	for _, column := range in.Columns() {
		c.block = appendText(appendText(c.block, column.Name), column.Type)
	}
	if err := c.flush(); err != nil {
		return Digest{}, err
	}
	if err := in.Each(ctx, source.Start, c.row); err != nil {
		return Digest{}, err
	}
	if c.head.rows > 0 {
		if err := c.flush(); err != nil {
			return Digest{}, err
		}
	}
	return c.end()
}

// A copier gathers rows to blocks.
type copier struct {
	to    io.Writer
	told  func(rows, bytes int64) error
	block []byte // with room for its head
	head  head
	heads hash.Hash
	rows  int64
	bytes int64
}

func (c *copier) row(at source.Position, values []source.Value) error {
	b := binary.AppendVarint(c.block, int64(at))
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			b = append(b, tagNull)
		case int64:
			b = binary.AppendVarint(append(b, tagInt), v)
		case float64:
			b = binary.LittleEndian.AppendUint64(append(b, tagFloat), math.Float64bits(v))
		case string:
			b = appendText(append(b, tagText), v)
		case []byte:
			b = append(binary.AppendUvarint(append(b, tagBlob), uint64(len(v))), v...)
		default:
			return fmt.Errorf("a row holds a %T, which is no value", v)
		}
	}
	c.block = b
	c.head.rows, c.head.last = c.head.rows+1, at
	c.rows++
	if len(b) < headSize+blockSize {
		return nil
	}
	return c.flush()
}

// flush writes the block and begins another.
func (c *copier) flush() error {
	body := c.block[headSize:]
	c.head.length, c.head.sum = int64(len(body)), crc32.Checksum(body, castagnoli)
	c.heads.Write(c.head.append(c.block[:0]))
	if err := c.write(c.block); err != nil {
		return err
	}
	c.head = head{}
	if cap(c.block) > 4*blockSize { // it held a huge value
		c.block = make([]byte, headSize, headSize+blockSize)
	}
	c.block = c.block[:headSize]
	if c.told == nil {
		return nil
	}
	return c.told(c.rows, c.bytes)
}

// end writes the last block.
func (c *copier) end() (d Digest, err error) {
	c.heads.Sum(d[:0])
	body := append(binary.LittleEndian.AppendUint64(nil, uint64(c.rows)), d[:]...)
	h := head{length: int64(len(body)), sum: crc32.Checksum(body, castagnoli)}
	return d, c.write(append(h.append(nil), body...))
}

func (c *copier) write(b []byte) error {
	n, err := c.to.Write(b)
	c.bytes += int64(n)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
