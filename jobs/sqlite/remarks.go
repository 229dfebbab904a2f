package sqlite

import (
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// beat is the least time between two transactions of nothing but remarks. So the
// first is told at once, and those of many jobs are told together. It is so short
// that nobody sees it; half of it would cost a thousand jobs a twelfth more.
const beat = 40 * time.Millisecond

// mostWords is how many words on how a job goes wait for the writer, at most: those
// of a second, so that a disk that is slow for a moment costs none.
const mostWords = 10

// A remark is how the work on a job goes, as its worker has said lately. It waits
// with the lease until the writer hears it. Where the disk is slow or full for
// long, the oldest words give way.
type remark struct {
	job   jobs.ID
	fence int64
	told  recent // not empty
}

// Tell implements [store.Queue].
func (s *Store) Tell(l store.Lease, p jobs.Progress) error {
	first, err := s.writer.leases.take(l, told{at: trim(s.options.Now()), progress: p})
	if first {
		s.writer.ring()
	}
	return failed("telling how a job goes", err)
}

// take has a word on a job wait, and reports whether it is the first of all jobs'
// to do so. It renews the lease.
func (l *leases) take(of store.Lease, word told) (first bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false, store.ErrClosed
	}
	h, err := l.renewed(of.Job.ID, of.Fence)
	if err != nil {
		return false, err
	}
	if err := h.trouble; err != nil {
		h.trouble = nil
		return false, err
	}
	m := &h.remark
	if len(m.told) == 0 {
		*m = remark{job: of.Job.ID, fence: of.Fence}
		l.remarked = append(l.remarked, h)
	}
	m.told = append(m.told[max(0, len(m.told)+1-mostWords):], word)
	return len(l.remarked) == 1 && len(m.told) == 1, nil
}

// remarks returns those that wait, and has them wait no more.
func (l *leases) remarks() []remark {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]remark, len(l.remarked))
	for i, h := range l.remarked {
		all[i], h.remark, l.remarked[i] = h.remark, remark{}, nil
	}
	l.remarked = l.remarked[:0]
	return all
}

// anyRemarks reports whether some wait.
func (l *leases) anyRemarks() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.remarked) > 0
}

// settle has those who made remarks learn why they were not kept, if they were not.
// Where one is kept after all, what became of the one before is no trouble any
// more.
func (l *leases) settle(all []remark, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && !l.troubled {
		return
	}
	l.troubled = true
	for _, m := range all {
		if h, ok := l.holds[m.job]; ok && h.fence == m.fence {
			h.trouble = err
		}
	}
}

// close has no remarks made any more.
func (l *leases) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// untilHeard returns how long remarks still wait for others.
func (w *writer) untilHeard() time.Duration {
	if !w.leases.anyRemarks() {
		return never
	}
	return max(0, beat-time.Since(w.heard))
}

// hear returns a call that keeps what remarks wait, when they are due, or go with
// somebody else who has come; nil: there are none.
func (w *writer) hear(company bool) *call {
	if !company && w.untilHeard() > 0 {
		return nil
	}
	all := w.leases.remarks()
	if len(all) == 0 {
		return nil
	}
	w.heard = time.Now()
	return &call{
		run:  func(t *tx) error { return t.hear(all) },
		then: func(err error) { w.leases.settle(all, err) },
	}
}

// hear makes remarks the next events of their jobs. One whose job is held by
// somebody else by now is passed over: its worker is told when it asks again.
func (t *tx) hear(all []remark) error {
	words := 0
	for _, m := range all {
		words += len(m.told)
	}
	changes, events := make([]change, len(all)), make([]jobs.Event, words)
	t.changes, t.progress = make([]*change, 0, len(all)), make([]newest, 0, len(all))
	for i := range all {
		m := &all[i]
		r, err := t.held(m.job, m.fence)
		if err != nil {
			continue
		}
		n := len(m.told)
		if err := t.tell(r, m.told, &changes[i], events[:n:n]); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}
