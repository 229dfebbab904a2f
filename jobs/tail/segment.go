package tail

import (
	"sort"
	"unique"

	"example.org/carryout/jobs"
)

// full is the length at which a segment gets no more frames, in bytes. It is
// also about what one write to a follower has at most, so that a slow one that
// takes it within the time for a write is not cut.
const full = 16 << 10

// sieves is for how many wants, or places, a segment keeps what is left of it.
const sieves = 4

// A Label says what a frame is, for followers that want only some.
type Label struct {
	Name  string  // of the event
	Job   jobs.ID // that it is about; empty: none
	Owner string  // of that job
}

// A Want says what a follower wants. Two with the same Key want the same; that
// is seen for each follower and event, so it takes no comparison of texts.
type Want struct {
	Key   unique.Handle[string]
	Takes func(Label) bool
}

// A segment is a piece of a log. Frames are only ever added to it, so what a
// follower has been given of its text never changes.
type segment struct {
	base   int64 // it and those after it hold every event after this number; -1: that is not known yet
	start  int64 // where in the log its text begins
	text   []byte
	frames []frame
	next   *segment // nil: this is the newest
	sieved []sieved
	eldest int // of sieved, to be replaced next
}

// A frame is one event of a segment.
type frame struct {
	seq   int64
	end   int // in text
	label Label
}

func (s *segment) add(e Entry) {
	if s.base < 0 {
		s.base = e.Seq - 1
	}
	s.text = append(s.text, e.Text...)
	s.frames = append(s.frames, frame{e.Seq, len(s.text), e.Label})
}

// follow adds a segment after a full one, with room for as much.
func (s *segment) follow() *segment {
	s.next = &segment{
		base: s.newest(), start: s.start + int64(len(s.text)),
		text: make([]byte, 0, full), frames: make([]frame, 0, len(s.frames)),
	}
	return s.next
}

// newest is the number of the last event up to its end.
func (s *segment) newest() int64 {
	if len(s.frames) == 0 {
		return s.base
	}
	return s.frames[len(s.frames)-1].seq
}

// after is where the frames begin whose number is greater than seq.
func (s *segment) after(seq int64) int {
	i := sort.Search(len(s.frames), func(i int) bool { return s.frames[i].seq > seq })
	if i == 0 {
		return 0
	}
	return s.frames[i-1].end
}

// sieve returns what a want leaves of the text from a place on. Followers go
// through several segments in a row, each at its own time, so what was found is
// kept with the segment, and goes with it.
func (s *segment) sieve(from int, want *Want) []byte {
	for i := range s.sieved {
		if f := &s.sieved[i]; f.from == from && f.to == len(s.text) && f.key == want.Key {
			return f.text
		}
	}
	found := sieved{from, len(s.text), want.Key, s.wanted(from, want)}
	if len(s.sieved) < sieves {
		s.sieved = append(s.sieved, found)
	} else {
		s.sieved[s.eldest] = found
		s.eldest = (s.eldest + 1) % sieves
	}
	return found.text
}

// wanted returns the frames from a place on that are wanted. They are copied
// only where others lie between them.
func (s *segment) wanted(from int, want *Want) (text []byte) {
	first := sort.Search(len(s.frames), func(i int) bool { return s.frames[i].end > from })
	begin, end := from, from // of those that lie together and are not copied yet
	for _, f := range s.frames[first:] {
		if want.Takes(f.label) {
			if from > end {
				text = append(text, s.text[begin:end]...)
				begin = from
			}
			end = f.end
		}
		from = f.end
	}
	if text == nil {
		return s.text[begin:end:end]
	}
	return append(text, s.text[begin:end]...)
}

// A sieved is what one want has left of a part of a segment.
type sieved struct {
	from, to int
	key      unique.Handle[string]
	text     []byte
}
