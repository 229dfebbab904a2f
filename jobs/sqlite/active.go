package sqlite

import (
	"cmp"
	"math"
	"slices"

	"example.org/carryout/jobs"
)

// window is how many queued jobs the writer keeps in memory, so that a long
// queue costs no more than a short one. Those that are served first are in it.
// It holds more only where the owners of all of those must wait.
const window = 16_384

// part is how much of a longer queue is read when those in memory have been
// served, and at the start.
const part = 1024

// active is the writer's memory of the jobs that are queued or running, as the
// transaction that is going on leaves them.
type active struct {
	rows    map[jobs.ID]*row // never changed, but replaced
	queue   *lines           // of the queued ones among rows
	queued  int              // how many of rows are
	horizon int64            // queued jobs with later turns are not in rows
}

func newActive(mayRun int) *active {
	return &active{rows: make(map[jobs.ID]*row), queue: newLines(mayRun), horizon: math.MaxInt64}
}

// put takes note of a job as it stands now. If it is neither queued nor
// running, or too far back in the queue, that means to forget it.
func (a *active) put(r *row) {
	id := r.job.ID
	before := a.rows[id]
	a.leave(before)
	switch r.job.State {
	case jobs.Running:
		a.rows[id] = r
		a.queue.started(r.job.Owner)
	case jobs.Queued:
		if a.queued >= window && r.turn < a.horizon && r.turn > a.queue.latest {
			a.horizon = r.turn - 1
		}
		if r.turn > a.horizon {
			delete(a.rows, id)
			return
		}
		a.enqueue(r, before)
	default:
		delete(a.rows, id)
	}
}

// enqueue takes note of a queued job, of which before was known.
func (a *active) enqueue(r, before *row) {
	a.rows[r.job.ID] = r
	a.queued++
	if before == nil || before.job.State != jobs.Queued || before.turn != r.turn {
		a.queue.add(turn{r.turn, r.job.ID, r.job.Owner})
	}
}

// remove forgets a job.
func (a *active) remove(id jobs.ID) {
	a.leave(a.rows[id])
	delete(a.rows, id)
}

// leave takes note that r, which may be nil, is in rows no more.
func (a *active) leave(r *row) {
	switch {
	case r == nil:
	case r.job.State == jobs.Queued:
		a.queued--
	case r.job.State == jobs.Running:
		a.queue.ended(r.job.Owner)
	}
}

// first returns the queued job that is served next, or nil if none is in
// memory.
func (a *active) first() *row {
	t, ok := a.queue.first(func(t turn) bool {
		r := a.rows[t.id]
		return r != nil && r.job.State == jobs.Queued && r.turn == t.turn
	})
	if !ok {
		return nil
	}
	return a.rows[t.id]
}

// running returns the jobs that run, in the order of their turns.
func (a *active) running() (rows []*row) {
	for _, r := range a.rows {
		if r.job.State == jobs.Running {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *row) int { return cmp.Compare(a.turn, b.turn) })
	return rows
}

// complete reports whether all queued jobs are in memory.
func (a *active) complete() bool { return a.horizon == math.MaxInt64 }
