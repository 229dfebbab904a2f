package carrier

import (
	"sort"

	"example.org/carryout/jobs/tail"
)

// most is about how many bytes a line is given before it is another's turn. It
// is as much as the kernel takes for one that reads.
const most = sendBuffer

// A bundle is what a line is given at once: all that is new, up to most.
type bundle struct {
	pieces [][]byte
	places []tail.Place // where each piece ends
	over   bool         // nothing is to come after them
}

// gather takes what f has, and returns what f said last: More if there may be
// more than was taken.
func (b *bundle) gather(f *tail.Follower) tail.State {
	b.pieces, b.places, b.over = b.pieces[:0], b.places[:0], false
	for size := 0; size < most; {
		piece, state := f.Next()
		if state != tail.More {
			b.over = state == tail.Over
			return state
		}
		b.pieces, b.places = append(b.pieces, piece), append(b.places, f.Place())
		size += len(piece)
	}
	return tail.More
}

// forget lets go of the places, which hold all of their logs that comes after.
func (b *bundle) forget() { clear(b.places) }

// A frame is a bundle as it goes out.
type frame struct {
	pieces [][]byte
	over   bool
	text   []byte
	ends   []int // of each piece, in text, and of what says that it is over
}

// of frames a bundle, once for all lines that are given the same in a row.
func (f *frame) of(b *bundle, chunked bool) {
	if f.is(b) {
		return
	}
	f.pieces, f.over, f.text, f.ends = append(f.pieces[:0], b.pieces...), b.over, f.text[:0], f.ends[:0]
	for _, p := range b.pieces {
		f.text = appendPiece(f.text, p, chunked)
		f.ends = append(f.ends, len(f.text))
	}
	if b.over {
		f.text = appendEnd(f.text, chunked)
		f.ends = append(f.ends, len(f.text))
	}
}

// is reports whether a bundle has the same pieces, which are the same if they
// are the same memory.
func (f *frame) is(b *bundle) bool {
	if len(f.pieces) != len(b.pieces) || f.over != b.over {
		return false
	}
	for i, p := range b.pieces {
		if q := f.pieces[i]; len(p) != len(q) || &p[0] != &q[0] {
			return false
		}
	}
	return true
}

// rest returns the piece in which the byte after the first n is, and what is
// left of it.
func (f *frame) rest(n int) (piece int, rest []byte) {
	i := sort.SearchInts(f.ends, n+1)
	return i, f.text[n:f.ends[i]]
}
