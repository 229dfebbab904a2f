// Package deflate compresses blocks in memory, faster than what is to be had for
// Go, to about the size of what zlib makes: by default a hundredth more, at its
// smallest a little less (RFC 1951, https://www.rfc-editor.org/rfc/rfc1951).
//
// The encoder is written in C: it is most of what an archive costs, and the
// program needs a C compiler anyway, for SQLite. A call takes a whole block, so
// that the way there and back costs nothing beside it.
//
// A text is read once (deflate.c). At each byte, the positions before it whose
// next four bytes have the same hash are looked at, the newest first
// (matches.h), and the longest match is taken, unless the byte after has a
// better one. What is found, steps of literals and a match, is kept until it is
// clear that it shares a code (blocks.c): every so many symbols, their entropy
// tells whether a code of their own would save more than it costs to describe.
// Then it is written with the best code for it (code.c), with the fixed one, or
// as it is, whichever is shortest (block.c).
//
// The bytes that come out depend on the text, what comes before it and the
// level, on nothing else: no clock, no machine, no earlier call. What does not
// fit into the room that it is given is given up as soon as that is known.
//
// The ideas are those of zlib and its successors (hash chains, lazy matching,
// P. Deutsch, L. P. Deutsch and others), and of the papers that the code names.
package deflate

/*
#cgo CFLAGS: -O3 -Wall -Wextra
#include "deflate.h"
*/
import "C"

import "unsafe"

// A Level says how much work is done.
type Level int

const (
	Fastest  Level = C.DEFLATE_FASTEST
	Default  Level = C.DEFLATE_DEFAULT
	Smallest Level = C.DEFLATE_SMALLEST
)

const (
	window  = 32 << 10 // how far back a reader can look
	longest = 1 << 30  // of a text
	slack   = C.DEFLATE_SLACK
)

// An Encoder compresses one text at a time. Make it with [NewEncoder].
type Encoder struct {
	state []uint64 // what C works with; no pointers are in it
	text  []byte   // a text with what comes before it
}

// NewEncoder returns an encoder, which has about 0.5 MB.
func NewEncoder() *Encoder {
	return &Encoder{state: make([]uint64, (C.deflate_state_size()+7)/8)}
}

// Append appends content to b, compressed, or returns b as it was and false if
// it would take more than room bytes. The reader has seen before, of which the
// last 32 KiB are made use of. What is appended ends the stream if it is the
// last; if not, it ends with a whole byte (a sync flush). Content and before
// have at most 1 GiB.
func (e *Encoder) Append(b, content, before []byte, level Level, last bool, room int) (packed []byte, fits bool) {
	before = before[max(0, len(before)-window):]
	if len(content) > longest-window || level < Fastest || level > Smallest {
		panic("deflate: too much content, or no such level")
	}
	text := content
	if len(before) > 0 {
		e.text = append(append(e.text[:0], before...), content...)
		text = e.text
	}
	if len(text) == 0 {
		text = []byte{0}[:0:1] // C wants a place, though it does not look there
	}
	b = extend(b, room+slack)
	out := b[len(b) : len(b)+room+slack]
	n := int(C.deflate_pack(unsafe.Pointer(unsafe.SliceData(e.state)), C.int(level),
		(*C.uint8_t)(unsafe.SliceData(text)), C.size_t(len(before)), C.size_t(len(text)),
		(*C.uint8_t)(unsafe.SliceData(out)), C.size_t(len(out)), cBool(last)))
	if n == 0 || n > room {
		return b, false
	}
	return b[:len(b)+n], true
}

// A Text is one of many that are compressed in one go.
type Text struct {
	Size   uint32
	Room   uint32 // for what it becomes; 0: it is not to be compressed
	Packed uint32 // what it has become; 0: it was not compressed
}

// AppendEach appends what each of the texts becomes, which lie in content one
// after the other, a stream of its own each. It says in texts how long they are.
// For many short texts it is faster than [Encoder.Append].
func (e *Encoder) AppendEach(b, content []byte, texts []Text, level Level) []byte {
	size, room := 0, 0
	for _, t := range texts {
		size, room = size+int(t.Size), room+int(t.Room)
	}
	if size != len(content) || size > longest || level < Fastest || level > Smallest {
		panic("deflate: the texts are not the content, or no such level")
	}
	if room == 0 {
		clearPacked(texts)
		return b
	}
	b = extend(b, room+slack)
	out := b[len(b) : len(b)+room+slack]
	n := C.deflate_pack_each(unsafe.Pointer(unsafe.SliceData(e.state)), C.int(level),
		(*C.uint8_t)(unsafe.SliceData(content)), (*C.struct_deflate_text)(unsafe.Pointer(unsafe.SliceData(texts))), C.size_t(len(texts)),
		(*C.uint8_t)(unsafe.SliceData(out)))
	return b[:len(b)+int(n)]
}

// extend returns b with room for n more bytes. Most of the room is never used, and
// memory that is fresh from the system costs nothing until it is touched: to clear
// it, as slices.Grow does, would touch all of it.
func extend(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return append(make([]byte, 0, len(b)+n), b...)
}

func clearPacked(texts []Text) {
	for i := range texts {
		texts[i].Packed = 0
	}
}

func cBool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
