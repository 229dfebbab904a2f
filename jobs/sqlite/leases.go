package sqlite

import (
	"math"
	"sync"
	"time"

	"example.org/carryout/jobs"
)

// leases knows until when each running job is held. It lives in memory only:
// with the process every worker ends, and so does every lease. The fences,
// which outlive both, stand in the database. So a lease is renewed without the
// disk, even while that is full or locked, and runs by elapsed time, however
// the clock of the machine is set.
type leases struct {
	origin time.Time     // of what the leases are measured by
	last   time.Duration // how long one runs

	mu    sync.Mutex // guards what stands below
	holds map[jobs.ID]*hold
	first time.Duration // no lease runs out before it

	remarked []*hold // those of whose jobs there are remarks
	troubled bool    // some were not kept
	closed   bool    // there will be no more of them
}

// A hold is the lease on one job, as it was committed.
type hold struct {
	fence int64
	until time.Duration // since the origin
	lost  chan struct{}

	remark  remark // that waits; nothing is told in it: there is none
	trouble error  // what became of the one before, if it was not kept
}

// never is a time that does not come.
const never time.Duration = math.MaxInt64

func newLeases(last time.Duration) *leases {
	return &leases{origin: time.Now(), last: last, holds: make(map[jobs.ID]*hold), first: never}
}

// now returns the time that has passed since the origin.
func (l *leases) now() time.Duration { return time.Since(l.origin) }

// renew lets a lease run anew, or returns jobs.ErrLost.
func (l *leases) renew(id jobs.ID, fence int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.renewed(id, fence)
	return err
}

// renewed is renew, and returns the hold. The lock is held.
func (l *leases) renewed(id jobs.ID, fence int64) (*hold, error) {
	h, ok := l.holds[id]
	if !ok || h.fence != fence {
		return nil, jobs.ErrLost
	}
	h.until = l.now() + l.last // first stays a bound
	return h, nil
}

// hold begins a lease, and ends the one that may be there.
func (l *leases) hold(id jobs.ID, fence int64, lost chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end(id)
	h := &hold{fence: fence, until: l.now() + l.last, lost: lost}
	l.holds[id] = h
	l.first = min(l.first, h.until)
}

// release ends a lease.
func (l *leases) release(id jobs.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end(id)
}

func (l *leases) end(id jobs.ID) {
	if h, ok := l.holds[id]; ok {
		close(h.lost)
		delete(l.holds, id)
	}
}

// match makes the leases those of the jobs that run: it ends all others, and
// begins those that are missing.
func (l *leases) match(running []*row) {
	l.mu.Lock()
	fences := make(map[jobs.ID]int64, len(running))
	for _, r := range running {
		fences[r.job.ID] = r.fence
	}
	for id, h := range l.holds {
		if fences[id] != h.fence {
			l.end(id)
		}
		delete(fences, id)
	}
	l.mu.Unlock()
	for id, fence := range fences {
		l.hold(id, fence, make(chan struct{}))
	}
}

// wait returns how long no lease can run out.
func (l *leases) wait() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == never {
		return never
	}
	return max(0, l.first-l.now())
}

// runOut returns a job whose lease has run out, and for which held reports
// that the lease is still the latest.
func (l *leases) runOut(held func(id jobs.ID, fence int64) bool) (jobs.ID, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now < l.first {
		return "", false
	}
	l.first = never
	var longest *hold
	var found jobs.ID
	for id, h := range l.holds {
		if !held(id, h.fence) {
			continue
		}
		l.first = min(l.first, h.until)
		if h.until <= now && (longest == nil || h.until < longest.until) {
			longest, found = h, id
		}
	}
	return found, longest != nil
}
