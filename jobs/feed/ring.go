package feed

import (
	"sync"
	"time"

	"example.org/carryout/jobs/wire"
)

// most is how many entries are held in memory at least, once there were so many.
const most = 1024

// line is what an entry says.
type line struct {
	name, data string
	owner      string // who is told alone; empty: everybody
}

type entry struct {
	seq   int64
	owner string // as of its line
	frame []byte
}

// A ring holds the newest entries, framed.
type ring struct {
	mu        sync.Mutex
	entries   []entry
	from      int64 // entries holds everything after this number
	last      int64 // number of the newest entry there ever was
	followers int
	bell      chan struct{} // closed when something is added
}

func newRing(last int64) ring {
	return ring{from: last, last: last, bell: make(chan struct{})}
}

// next returns the number of the next entry, when n of them are to be added:
// none is to be above the time that it is then.
func (r *ring) next(n int) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = max(r.last, time.Now().UnixMicro()-int64(n))
	return r.last + 1
}

// add gives lines the next numbers and wakes everybody.
func (r *ring) add(lines []line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range lines {
		r.last++
		r.entries = append(r.entries, entry{r.last, l.owner, wire.AppendFrame(nil, ID(r.last), l.name, l.data)})
	}
	if len(r.entries) > 2*most { // not at every entry: it copies them all
		over := len(r.entries) - most
		r.from = r.entries[over-1].seq
		r.entries = append([]entry(nil), r.entries[over:]...) // lets go of the old ones
	}
	close(r.bell)
	r.bell = make(chan struct{})
}

// skip spends n numbers.
func (r *ring) skip(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last += int64(n)
}

// join counts a follower and returns the number after which it begins: at, if
// there has been such an entry, or else the newest.
func (r *ring) join(at int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.followers++
	if at <= 0 || at > r.last {
		return r.last
	}
	return at
}

func (r *ring) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.followers--
}

func (r *ring) crowd() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.followers
}

// after returns the frames after entry at that owner is told of, the number of
// the last entry, and the bell. An empty owner is told of everything. If the ring does not reach back so far there are none, and from
// is the number after which it begins.
func (r *ring) after(at int64, owner string) (frames []byte, last, from int64, bell <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last = at
	if at >= r.from {
		for _, e := range r.entries {
			if e.seq <= at {
				continue
			}
			last = e.seq
			if owner == "" || e.owner == "" || e.owner == owner {
				frames = append(frames, e.frame...)
			}
		}
	}
	return frames, last, r.from, r.bell
}
