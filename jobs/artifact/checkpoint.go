package artifact

import (
	"encoding"
	"encoding/binary"
	"fmt"
	"hash"
)

// checkpointVersion is the first byte of a checkpoint's form: then follow the
// size, the mark, the state of both hashes, each after its length, and the
// hashes of the whole blocks. Numbers are varints.
const checkpointVersion = 1

// checkpoint is a place in a file from which writing can go on.
type checkpoint struct {
	mark   []byte
	hashes *hashes
}

// Mark returns what Store.Stage needs to find the file of a state that
// [Writer.Checkpoint] returned, or ErrStale if state is not of this version.
func Mark(state []byte) (mark []byte, err error) {
	c, err := parseCheckpoint(state)
	return c.mark, err
}

func (c checkpoint) append(b []byte) ([]byte, error) {
	b = append(b, checkpointVersion)
	b = binary.AppendUvarint(b, uint64(c.hashes.size))
	b = appendField(b, c.mark)
	for _, h := range []hash.Hash{c.hashes.whole, c.hashes.block} {
		state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("keeping a hash: %w", err)
		}
		b = appendField(b, state)
	}
	for _, s := range c.hashes.blocks {
		b = append(b, s[:]...)
	}
	return b, nil
}

// parseCheckpoint reads what append has written. What it cannot read is stale.
func parseCheckpoint(b []byte) (checkpoint, error) {
	if len(b) == 0 || b[0] != checkpointVersion {
		return checkpoint{}, ErrStale
	}
	size, n := binary.Uvarint(b[1:])
	if n <= 0 || size > 1<<62 {
		return checkpoint{}, ErrStale
	}
	c := checkpoint{hashes: newHashes()}
	c.hashes.size = int64(size)
	c.mark, b = cutField(b[1+n:])
	for _, h := range []hash.Hash{c.hashes.whole, c.hashes.block} {
		var state []byte
		state, b = cutField(b)
		if h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state) != nil {
			return checkpoint{}, ErrStale
		}
	}
	if uint64(len(b)) != size/BlockSize*32 {
		return checkpoint{}, ErrStale
	}
	for ; len(b) > 0; b = b[32:] {
		c.hashes.blocks = append(c.hashes.blocks, [32]byte(b))
	}
	return c, nil
}

func appendField(b, field []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(field))), field...)
}

// cutField returns the field at the start of b and the rest, or nothing if b
// is too short for it.
func cutField(b []byte) (field, rest []byte) {
	n, head := binary.Uvarint(b)
	if head <= 0 || n > uint64(len(b)-head) {
		return nil, nil
	}
	b = b[head:]
	return b[:n:n], b[n:]
}
