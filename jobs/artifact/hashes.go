package artifact

import (
	"crypto/sha256"
	"hash"

	"example.org/carryout/jobs/artifact/twice"
)

// hashes are the running hashes of a file: that of the whole, and those of its
// blocks.
type hashes struct {
	adder twice.Adder
	whole hash.Hash

	size   int64     // of what is in the blocks
	block  hash.Hash // of the bytes after the last whole block
	blocks [][32]byte
}

func newHashes() *hashes {
	return &hashes{adder: twice.New(), whole: sha256.New(), block: sha256.New()}
}

func (h *hashes) add(p []byte) {
	for len(p) > 0 {
		n := min(len(p), int(BlockSize-h.size%BlockSize))
		h.adder.Add(h.whole, h.block, p[:n])
		h.size += int64(n)
		p = p[n:]
		if h.size%BlockSize == 0 {
			h.blocks = append(h.blocks, sum(h.block))
			h.block.Reset()
		}
	}
}

// digest ends the last block. The hashes are done with.
func (h *hashes) digest() Digest {
	if h.size%BlockSize != 0 {
		h.blocks = append(h.blocks, sum(h.block))
	}
	return Digest{Size: h.size, SHA256: sum(h.whole), Blocks: h.blocks}
}

func sum(h hash.Hash) (s [32]byte) {
	h.Sum(s[:0])
	return s
}
