package carrier

import "example.org/carryout/jobs/tail"

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
