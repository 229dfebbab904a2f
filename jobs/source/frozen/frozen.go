// Package frozen keeps a copy of the rows of a source, as they were at one
// time: what an export of a table reads that goes on after a crash, although
// the table has changed since.
//
// [Copy] writes one, [Open] reads it: it is a [source.Rows] again, with the
// same columns, positions and values. It knows nothing of files, only of an
// [io.Writer] and an [io.ReaderAt].
//
// A copy is a list of blocks, each with rows for about 256 KiB, and each after
// a head: the length of what follows, its CRC-32C, how many rows it holds, the
// position of the last of them, and a CRC-32C of the head itself. So whoever
// goes on in the middle passes over the blocks before by their heads alone. The
// first block holds the columns, and the last one the number of rows and the
// [Digest] of all heads, which names the copy. Numbers of heads are
// little-endian; those of rows are varints.
//
// A copy that is not as it was written is [ErrDamaged], at the latest when the
// block at fault is read.
package frozen

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"example.org/carryout/jobs/source"
)

// ErrDamaged reports a copy that is not as it was written.
var ErrDamaged = errors.New("the frozen copy is damaged")

// A Digest names a copy: equal digests, equal rows.
type Digest [32]byte

const (
	blockSize = 256 << 10 // of a block, after which the next one begins
	headSize  = 8 + 4 + 4 + 8 + 4
	endSize   = headSize + 8 + len(Digest{}) // of the last block: rows, digest
)

// What a value is. Text and blobs follow after their length.
const (
	tagNull byte = iota
	tagInt
	tagFloat
	tagText
	tagBlob
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A head stands before each block.
type head struct {
	length int64 // of the block, in bytes
	sum    uint32
	rows   uint32
	last   source.Position
}

func (h head) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(h.length))
	b = binary.LittleEndian.AppendUint32(b, h.sum)
	b = binary.LittleEndian.AppendUint32(b, h.rows)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.last))
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[len(b)-headSize+4:], castagnoli))
}

func parseHead(b [headSize]byte) (h head, ok bool) {
	h = head{
		length: int64(binary.LittleEndian.Uint64(b[:])),
		sum:    binary.LittleEndian.Uint32(b[8:]),
		rows:   binary.LittleEndian.Uint32(b[12:]),
		last:   source.Position(binary.LittleEndian.Uint64(b[16:])),
	}
	return h, [headSize]byte(h.append(nil)) == b
}
