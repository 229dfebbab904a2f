// Package tail holds the newest end of histories in memory, framed once for
// everybody who follows them.
//
// A [Log] is one history: segments of framed bytes that are only ever added to.
// A [Follower] is a place in it and nothing more. All that has come since goes
// out as one piece, which is the log's own memory, so ten thousand followers
// cost neither a copy nor a queue, and whoever is slow is slow alone. A segment
// is freed when the log has newer ones enough and the last follower has passed
// it: the followers themselves hold it, so how far one may lag is for those to
// say who write to it ([Follower.Lag]).
//
// A [Tail] has the logs of many jobs. It is told of events once they are durable
// ([Tail.Commit]), so the store is always at least as far, and what is older
// than a log comes from there. The joint has no gap and no double, because the
// follower is there before the store is asked, and both count by the numbers of
// the events. A log is kept for a job that is being worked on and for one that
// is followed, and forgotten when neither is so.
//
// Places and lengths are bytes. Numbers of events only grow within a log, and
// may leave some out.
package tail

import (
	"sync"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
)

// kept is how much of a job's history is held for those who begin to follow, in
// bytes. Whoever is further behind reads the store, where old progress has been
// thinned out.
const kept = 64 << 10

// A Tail holds the newest events of many jobs. The zero value is empty and
// ready. Its methods may be called by many goroutines at a time, but for
// Commit.
type Tail struct {
	mu    sync.Mutex
	jobs  map[jobs.ID]*job
	frame []byte // the memory of the next frame
}

// job is the log of one job.
type job struct {
	tail   *Tail
	id     jobs.ID
	log    *Log
	active bool // queued or running
}

// Commit adds what has become durable and wakes those who follow it. It is a
// [store.Notify].
func (t *Tail) Commit(changes []store.Change) {
	for i := range changes {
		l, woken := t.commit(&changes[i])
		l.ring(woken)
	}
}

func (t *Tail) commit(c *store.Change) (l *Log, woken []*Follower) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.job(c.Job.ID)
	j.active = !c.Job.State.Done() && !c.Deleted
	l = j.log
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range c.Events {
		e := &c.Events[i]
		t.frame = wire.AppendEvent(t.frame[:0], *e)
		l.add(Entry{e.Seq, Label{string(e.Kind), c.Job.ID, c.Job.Owner}, t.frame})
	}
	l.over = !j.active
	j.forget()
	return l, l.wake()
}

// Follow begins to follow a job after the event of that number. Whoever waits
// is told by waker. The caller closes the Follower.
func (t *Tail) Follow(id jobs.ID, after int64, waker Waker) *Follower {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.job(id)
	f := j.log.Follow(after, nil, waker)
	f.job = j
	return f
}

// job returns the log of a job, which may be new. The lock is held.
func (t *Tail) job(id jobs.ID) *job {
	j, ok := t.jobs[id]
	if !ok {
		j = &job{tail: t, id: id, log: NewLog(-1, kept)}
		if t.jobs == nil {
			t.jobs = make(map[jobs.ID]*job)
		}
		t.jobs[id] = j
	}
	return j
}

// forget drops a log that nobody needs. The locks of the tail and of the log
// are held.
func (j *job) forget() {
	if !j.active && j.log.followers == 0 {
		delete(j.tail.jobs, j.id)
	}
}
