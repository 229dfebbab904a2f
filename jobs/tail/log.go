package tail

import "sync"

// A Log is the newest end of one history. Make it with [NewLog]. Its methods
// may be called by many goroutines at a time, but for Append.
type Log struct {
	keep int64

	mu        sync.Mutex
	oldest    *segment // from which on a follower can begin
	newest    *segment
	over      bool // nothing is to come
	followers int
	waiting   []*Follower // those who have everything, each once
	spare     []*Follower // the memory of the next waiting
}

// NewLog makes a log that holds what comes after event base, or -1 if that is
// told by the first to be added. It lets go of its beginning when it has more
// than keep bytes.
func NewLog(base int64, keep int64) *Log {
	first := &segment{base: base}
	return &Log{keep: keep, oldest: first, newest: first}
}

// An Entry is what is added to a log: a framed event. Its text is copied.
type Entry struct {
	Seq   int64
	Label Label
	Text  []byte
}

// Append adds entries, whose numbers are greater than all before, and wakes
// whoever waits for them. One goroutine calls it at a time.
func (l *Log) Append(entries ...Entry) {
	l.mu.Lock()
	for _, e := range entries {
		l.add(e)
	}
	woken := l.wake()
	l.mu.Unlock()
	l.ring(woken)
}

// Followers returns how many there are.
func (l *Log) Followers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.followers
}

// add adds an entry. The lock is held.
func (l *Log) add(e Entry) {
	if last := l.newest; len(last.text) > 0 && len(last.text)+len(e.Text) > full {
		l.newest = last.follow()
	}
	l.newest.add(e)
	// Whoever stands in a segment holds it and all after it; the log need not.
	for l.oldest.next != nil && l.size()-l.oldest.next.start >= l.keep {
		l.oldest = l.oldest.next
	}
}

// size is how many bytes were ever added. The lock is held.
func (l *Log) size() int64 { return l.newest.start + int64(len(l.newest.text)) }

// wake returns those who wait, for ring. The lock is held.
func (l *Log) wake() []*Follower {
	woken := l.waiting
	l.waiting, l.spare = l.spare[:0], nil
	for _, f := range woken {
		f.turn = 0
	}
	return woken
}

// ring wakes them, without the lock: they will want it.
func (l *Log) ring(woken []*Follower) {
	for i, f := range woken {
		f.waker.Wake()
		woken[i] = nil
	}
	l.mu.Lock()
	l.spare = woken[:0]
	l.mu.Unlock()
}
