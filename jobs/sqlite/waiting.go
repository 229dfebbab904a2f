package sqlite

import (
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// waiting counts the queued jobs of each owner, also those that the writer does
// not keep in memory.
type waiting map[string]int

// add takes note of a change, and take takes it back.
func (w waiting) add(c *change)  { w.count(c, 1) }
func (w waiting) take(c *change) { w.count(c, -1) }

func (w waiting) count(c *change, n int) {
	owner := c.Job.Owner
	if c.before == jobs.Queued {
		w[owner] -= n
	}
	if c.Job.State == jobs.Queued && !c.Deleted {
		w[owner] += n
	}
	if w[owner] == 0 {
		delete(w, owner)
	}
}

// mayQueue returns a *store.LimitError if owner has as many jobs in the queue
// as is allowed.
func (t *tx) mayQueue(owner string) error {
	w := t.batch.w
	if most := w.options.Limits.Queued; most > 0 && w.queued[owner] >= most {
		return &store.LimitError{Queued: most}
	}
	return nil
}
