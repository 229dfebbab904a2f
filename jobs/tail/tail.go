// Package tail holds the newest end of each job's history in memory, framed
// once for everybody who follows it.
//
// A follower is a number: that of the last event it has seen. It asks for what
// comes after ([Follower.After]) and waits for the bell that it was given when
// it asked, so it can miss nothing; there is no queue to fill, and whoever is
// slow is slow alone. What is older than the tail comes from the store, which
// is always at least as far: [Tail.Commit] is told of events once they are
// durable.
//
// A tail is kept for a job that is being worked on and for one that is
// followed, and forgotten when neither is so.
package tail

import (
	"sync"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
)

// most is how many frames a tail holds at least, once there were so many. Whoever is further behind reads the
// store, where old progress has been thinned out.
const most = 256

// A Tail holds the newest events of many jobs. The zero value is empty and
// ready. Its methods may be called by many goroutines at a time.
type Tail struct {
	mu   sync.Mutex
	logs map[jobs.ID]*log
}

// log is the tail of one job.
type log struct {
	frames    []frame
	from      int64 // the log holds every event after this number; -1: none yet
	active    bool  // queued or running
	deleted   bool
	followers int
	bell      chan struct{} // closed when frames or deleted change
}

type frame struct {
	seq  int64
	text []byte
}

// Commit adds what has become durable and wakes those who follow it. It is a
// [store.Notify].
func (t *Tail) Commit(changes []store.Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range changes {
		l := t.log(c.Job.ID)
		l.add(c)
		close(l.bell)
		l.bell = make(chan struct{})
		t.forget(c.Job.ID, l)
	}
}

// Follow begins to follow a job. The caller closes the Follower.
func (t *Tail) Follow(id jobs.ID) *Follower {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.log(id)
	l.followers++
	return &Follower{tail: t, id: id, log: l}
}

// log returns the tail of a job, which may be new. The lock is held.
func (t *Tail) log(id jobs.ID) *log {
	l, ok := t.logs[id]
	if !ok {
		l = &log{from: -1, bell: make(chan struct{})}
		if t.logs == nil {
			t.logs = make(map[jobs.ID]*log)
		}
		t.logs[id] = l
	}
	return l
}

// forget drops a tail that nobody needs. The lock is held.
func (t *Tail) forget(id jobs.ID, l *log) {
	if !l.active && l.followers == 0 {
		delete(t.logs, id)
	}
}

func (l *log) add(c store.Change) {
	l.active, l.deleted = !c.Job.State.Done() && !c.Deleted, c.Deleted
	for _, e := range c.Events {
		if l.from < 0 {
			l.from = e.Seq - 1
		}
		l.frames = append(l.frames, frame{e.Seq, wire.AppendEvent(nil, e)})
	}
	if len(l.frames) > 2*most { // not at every event: it copies them all
		over := len(l.frames) - most
		l.from = l.frames[over-1].seq
		l.frames = append([]frame(nil), l.frames[over:]...) // lets go of the old ones
	}
}

// A Follower reads the tail of one job. One goroutine uses it.
type Follower struct {
	tail *Tail
	id   jobs.ID
	log  *log
}

// News is what a Follower has found.
type News struct {
	Frames  []byte // one after the other; none: nothing has happened since
	Last    int64  // number of the last of them, or the one asked for
	Behind  bool   // the tail does not reach back so far: ask the store
	Active  bool   // the tail knows that the job is not done
	Deleted bool   // the job is gone
	Bell    <-chan struct{}
}

// After returns what came after the event of that number. Its Bell is closed
// at the next news.
func (f *Follower) After(after int64) News {
	f.tail.mu.Lock()
	defer f.tail.mu.Unlock()
	l := f.log
	n := News{Last: after, Active: l.active, Deleted: l.deleted, Bell: l.bell, Behind: l.from < 0 || after < l.from}
	if n.Behind {
		return n
	}
	for _, fr := range l.frames {
		if fr.seq > after {
			n.Frames = append(n.Frames, fr.text...)
			n.Last = fr.seq
		}
	}
	return n
}

// Close ends the following.
func (f *Follower) Close() {
	f.tail.mu.Lock()
	defer f.tail.mu.Unlock()
	f.log.followers--
	f.tail.forget(f.id, f.log)
}
