// Package twice adds the same bytes to two SHA-256 hashes (FIPS 180-4,
// https://doi.org/10.6028/NIST.FIPS.180-4) for little more than the price of one.
//
// A file has a hash as a whole and one of each of its blocks, so each of its
// bytes is hashed twice, and that would be most of what a file costs that is
// only copied. The instructions that amd64 has for it mostly wait for each other.
// With two states they wait for half as long, and what is prepared of a message
// serves both. crypto/sha256 cannot know of two states, so the loop is written in
// C, which the program needs anyway, for SQLite. Where there are no such
// instructions, crypto/sha256 does all of it.
package twice

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// An Adder adds bytes to two hashes. Make it with [New].
type Adder struct{ able bool }

// New returns an adder for this processor.
func New() Adder { return Adder{able()} }

// Add adds p to both hashes, which [sha256.New] has made and which are not the
// same one. It is fast where both have the same part of a block so far.
func (a Adder) Add(first, second hash.Hash, p []byte) {
	if a.able && len(p) >= least {
		p = blocks(first, second, p)
	}
	first.Write(p)
	second.Write(p)
}

// least is how many bytes are worth the way to C.
const least = 4 << 10

// blocks adds what makes whole blocks, and returns the rest. It adds nothing if
// the hashes do not stand at the same place in a block, or are not as they are
// known here.
func blocks(first, second hash.Hash, p []byte) (rest []byte) {
	var a, b state
	if !a.load(first) || !b.load(second) || a.part() != b.part() {
		return p
	}
	if part := a.part(); part > 0 {
		missing := sha256.BlockSize - part
		first.Write(p[:missing])
		second.Write(p[:missing])
		p = p[missing:]
		if !a.load(first) || !b.load(second) {
			return p
		}
	}
	n := len(p) / sha256.BlockSize * sha256.BlockSize
	add(&a.words, &b.words, p[:n])
	a.store(first, n)
	b.store(second, n)
	return p[n:]
}

// Where things stand in what a hash of crypto/sha256 is marshaled to: a magic
// string, the words of the state, the part of a block, and how many bytes there
// were, all of them big endian.
const (
	magic      = "sha\x03"
	wordsAt    = len(magic)
	sizeAt     = wordsAt + sha256.Size + sha256.BlockSize
	marshaled  = sizeAt + 8
	wordsCount = sha256.Size / 4
)

// A state is that of a hash.
type state struct {
	bytes []byte
	words [wordsCount]uint32
	size  uint64
}

// part returns how many bytes of a block there are.
func (s *state) part() int { return int(s.size % sha256.BlockSize) }

// load takes the state of h, and returns false if it is none.
func (s *state) load(h hash.Hash) bool {
	m, ok := h.(interface {
		encoding.BinaryAppender
		encoding.BinaryUnmarshaler
	})
	if !ok {
		return false
	}
	var err error
	s.bytes, err = m.AppendBinary(make([]byte, 0, marshaled))
	if err != nil || len(s.bytes) != marshaled || string(s.bytes[:wordsAt]) != magic {
		return false
	}
	s.size = binary.BigEndian.Uint64(s.bytes[sizeAt:])
	for i := range s.words {
		s.words[i] = binary.BigEndian.Uint32(s.bytes[wordsAt+4*i:])
	}
	return true
}

// store gives h, which has no part of a block, the state that so many bytes
// were added to.
func (s *state) store(h hash.Hash, added int) {
	for i, w := range s.words {
		binary.BigEndian.PutUint32(s.bytes[wordsAt+4*i:], w)
	}
	binary.BigEndian.PutUint64(s.bytes[sizeAt:], s.size+uint64(added))
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(s.bytes); err != nil {
		panic("twice: a hash refuses its own state: " + err.Error())
	}
}
