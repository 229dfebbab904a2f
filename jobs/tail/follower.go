package tail

// A Waker is told that a [Follower] has something to read again. Wake must not
// block, and may come once more than there is news.
type Waker interface{ Wake() }

// A Bell is a Waker for a goroutine that waits. Make it with capacity 1.
type Bell chan struct{}

// Wake implements [Waker].
func (b Bell) Wake() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// A Follower is a place in a log. One goroutine uses it at a time.
type Follower struct {
	log   *Log
	job   *job  // whose log it is; nil: a log that belongs to no Tail
	want  *Want // nil: everything
	waker Waker

	in   *segment // nil: it has not found its place yet
	at   int      // in the text of that segment
	seq  int64    // while it has no place: the event after which it is,
	from *segment // and the segment from which on to look for it; nil: the oldest
	turn int      // one more than its index among the log's waiting; 0: it is not there
}

// Follow begins to follow a log, after the event of that number. It reads
// nothing but what want takes; nil: everything. Whoever waits is told by
// waker. The caller closes the Follower.
func (l *Log) Follow(after int64, want *Want, waker Waker) *Follower {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.followers++
	return &Follower{log: l, want: want, waker: waker, seq: after}
}

// FollowNew begins with what comes next.
func (l *Log) FollowNew(want *Want, waker Waker) *Follower {
	f := l.Follow(0, want, waker)
	l.mu.Lock()
	defer l.mu.Unlock()
	f.in, f.at = l.newest, len(l.newest.text)
	return f
}

// Reaches places the follower after the event of that number, and reports
// whether the log holds all that came after it. If not, what came before base
// has to be read elsewhere; -1: the log knows nothing yet.
func (f *Follower) Reaches(seq int64) (base int64, ok bool) {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	f.in, f.from, f.seq = nil, nil, seq
	return f.log.oldest.base, f.place()
}

// State is what a follower has found.
type State int

const (
	More   State = iota // there is something to send, and perhaps more after it
	Wait                // it has everything; its Waker is told when there is news
	Behind              // the log does not reach back so far
	Over                // it has everything, and nothing is to come
)

// Next returns the frames that come next. They are shared, so nobody changes
// them.
func (f *Follower) Next() ([]byte, State) {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	if f.in == nil && !f.place() && f.from == nil {
		return nil, Behind
	}
	for f.in != nil {
		from := f.at
		if f.at = len(f.in.text); f.at > from {
			text := f.in.text[from:f.at:f.at]
			if f.want != nil {
				text = f.in.sieve(from, f.want)
			}
			if len(text) > 0 {
				return text, More
			}
		}
		if f.in.next == nil {
			break
		}
		f.in, f.at = f.in.next, 0
	}
	if ahead := f.in == nil && f.log.newest.base >= 0; f.log.over && !ahead {
		return nil, Over
	}
	f.wait()
	return nil, Wait
}

// A Place is where a follower has come to.
type Place struct {
	in *segment
	at int
}

// Place returns where Next has come to, after it has returned something.
func (f *Follower) Place() Place { return Place{f.in, f.at} }

// Return goes back to a place, to what could not be sent.
func (f *Follower) Return(to Place) {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	f.in, f.at = to.in, to.at
}

// Lag is how many bytes the log has beyond what Next has returned. The follower
// is what keeps them in memory. Any goroutine may call it.
func (f *Follower) Lag() int64 {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	if f.in == nil {
		return 0
	}
	return f.log.size() - f.in.start - int64(f.at)
}

// Close ends the following.
func (f *Follower) Close() {
	if f.job != nil {
		f.job.tail.mu.Lock()
		defer f.job.tail.mu.Unlock()
	}
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	f.leave()
	f.in, f.from = nil, nil
	f.log.followers--
	if f.job != nil {
		f.job.forget()
	}
}

// place finds the place after f.seq, and reports whether the log holds all that
// came after it. There is no place yet while the log knows nothing, or while the
// follower is ahead of it: it is told of events a moment after the store has
// them. Then the follower holds what is to come, and will pass over what it has
// seen. The lock is held.
func (f *Follower) place() bool {
	s := f.from
	if s == nil {
		s = f.log.oldest
	}
	f.from = nil
	switch {
	case s.base < 0:
		f.from = s
		return false
	case f.seq < s.base:
		return false
	}
	for s.next != nil && s.next.base <= f.seq {
		s = s.next
	}
	if f.seq > s.newest() {
		f.from = s
	} else {
		f.in, f.at = s, s.after(f.seq)
	}
	return true
}

// wait adds the follower to those who are told of news. The lock is held.
func (f *Follower) wait() {
	if f.turn == 0 {
		f.log.waiting = append(f.log.waiting, f)
		f.turn = len(f.log.waiting)
	}
}

// leave undoes wait. The lock is held.
func (f *Follower) leave() {
	if f.turn == 0 {
		return
	}
	w := f.log.waiting
	last := w[len(w)-1]
	w[f.turn-1], last.turn = last, f.turn
	w[len(w)-1] = nil
	f.log.waiting, f.turn = w[:len(w)-1], 0
}
