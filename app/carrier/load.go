package carrier

import (
	"slices"
	"sort"
	"syscall"

	"example.org/carryout/jobs/tail"
)

// The bounds of a load, so that it stays small beside what it is for.
const (
	mostParcels = 1024
	mostText    = 256 << 10
)

// A load is what goes to many lines at once. All of it is handed over together
// (sendAll), so that nothing but the sending itself is done for each line.
type load struct {
	text    []byte
	frames  []frame // in text, one after the other
	latest  [2]int  // one more than the index of the last frame without and with chunks; 0: there is none
	parcels []parcel
	places  []tail.Place // of all parcels
	sends   []sending    // one for each parcel
}

// A frame is a bundle as it goes out, to all lines that are given the same in a
// row.
type frame struct {
	pieces [][]byte
	over   bool
	from   int   // in the text of the load
	ends   []int // of each piece, from there, and of what says that it is over
}

// A parcel is what one line gets of a load.
type parcel struct {
	line   *Line
	frame  int
	places int // where its own begin
	state  tail.State
}

// A sending is one call of the kernel.
type sending struct {
	fd       int32
	from, to int32 // of the text
	taken    int32 // how much the kernel has taken, or the number of an error, negative
}

// outcome says how the sending went.
func (s sending) outcome() (n int, err error) {
	if s.taken < 0 {
		return 0, syscall.Errno(-s.taken)
	}
	return int(s.taken), nil
}

// add adds what a line is given, whose follower has said state last.
func (o *load) add(l *Line, b *bundle, state tail.State) {
	i := o.frame(b, l.chunked)
	f := &o.frames[i]
	o.parcels = append(o.parcels, parcel{l, i, len(o.places), state})
	o.places = append(o.places, b.places...)
	o.sends = append(o.sends, sending{fd: int32(l.fd), from: int32(f.from), to: int32(f.from + f.size())})
}

func (o *load) full() bool { return len(o.parcels) >= mostParcels || len(o.text) >= mostText }

// frame returns the index of the frame of a bundle, which may be new.
func (o *load) frame(b *bundle, chunked bool) int {
	latest := &o.latest[0]
	if chunked {
		latest = &o.latest[1]
	}
	if *latest > 0 && o.frames[*latest-1].is(b) {
		return *latest - 1
	}
	o.frames = slices.Grow(o.frames, 1)[:len(o.frames)+1] // what was there before lends its memory
	*latest = len(o.frames)
	f := &o.frames[*latest-1]
	f.pieces, f.over, f.from, f.ends = append(f.pieces[:0], b.pieces...), b.over, len(o.text), f.ends[:0]
	for _, p := range b.pieces {
		o.text = appendPiece(o.text, p, chunked)
		f.ends = append(f.ends, len(o.text)-f.from)
	}
	if b.over {
		o.text = appendEnd(o.text, chunked)
		f.ends = append(f.ends, len(o.text)-f.from)
	}
	return *latest - 1
}

// is reports whether a bundle has the same pieces, which are the same if they
// are the same memory.
func (f *frame) is(b *bundle) bool {
	return f.over == b.over && slices.EqualFunc(f.pieces, b.pieces, func(p, q []byte) bool {
		return len(p) == len(q) && &p[0] == &q[0]
	})
}

func (f *frame) size() int { return f.ends[len(f.ends)-1] }

// size is how many bytes a parcel has.
func (o *load) size(p parcel) int { return o.frames[p.frame].size() }

// rest returns the piece in which the byte after the first n of a parcel is, and
// what is left of it.
func (o *load) rest(p parcel, n int) (piece int, rest []byte) {
	f := &o.frames[p.frame]
	i := sort.SearchInts(f.ends, n+1)
	return i, o.text[f.from+n : f.from+f.ends[i]]
}

// place returns the place where a piece of a parcel ends, unless that is what
// says that all is over.
func (o *load) place(p parcel, piece int) (at tail.Place, ok bool) {
	if piece >= len(o.frames[p.frame].pieces) {
		return at, false
	}
	return o.places[p.places+piece], true
}

// empty forgets everything. Pieces and places would hold all of their logs that
// comes after.
func (o *load) empty() {
	for i := range o.frames {
		clear(o.frames[i].pieces)
	}
	clear(o.parcels)
	clear(o.places)
	o.text, o.frames, o.latest = o.text[:0], o.frames[:0], [2]int{}
	o.parcels, o.places, o.sends = o.parcels[:0], o.places[:0], o.sends[:0]
}
