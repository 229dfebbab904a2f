package sqlite

import (
	"cmp"
	"container/heap"
	"math"
	"slices"

	"example.org/carryout/jobs"
)

// window is how many queued jobs the writer keeps in memory, so that a long
// queue costs no more than a short one. Those that are served first are in it.
const window = 16_384

// part is how much of a longer queue is read when those in memory have been
// served, and at the start.
const part = 1024

// active is the writer's memory of the jobs that are queued or running, as the
// transaction that is going on leaves them.
type active struct {
	rows    map[jobs.ID]*row // never changed, but replaced
	queue   turns            // of the queued ones among rows; may hold what has left
	queued  int              // how many of rows are
	horizon int64            // queued jobs with later turns are not in rows
}

func newActive() *active {
	return &active{rows: make(map[jobs.ID]*row), horizon: math.MaxInt64}
}

// put takes note of a job as it stands now. If it is neither queued nor
// running, or too far back in the queue, that means to forget it.
func (a *active) put(r *row) {
	id := r.job.ID
	before := a.rows[id]
	if before != nil && before.job.State == jobs.Queued {
		a.queued--
	}
	switch r.job.State {
	case jobs.Running:
		a.rows[id] = r
	case jobs.Queued:
		if a.queued >= window && r.turn < a.horizon && r.turn > a.queue.latest {
			a.horizon = r.turn - 1
		}
		if r.turn > a.horizon {
			delete(a.rows, id)
			return
		}
		a.rows[id] = r
		a.queued++
		if before == nil || before.job.State != jobs.Queued || before.turn != r.turn {
			a.queue.add(turn{r.turn, id})
		}
	default:
		delete(a.rows, id)
	}
}

// remove forgets a job.
func (a *active) remove(id jobs.ID) {
	if r := a.rows[id]; r != nil && r.job.State == jobs.Queued {
		a.queued--
	}
	delete(a.rows, id)
}

// first returns the queued job that is served next, or nil if none is in
// memory.
func (a *active) first() *row {
	for len(a.queue.heap) > 0 {
		t := a.queue.heap[0]
		if r := a.rows[t.id]; r != nil && r.job.State == jobs.Queued && r.turn == t.turn {
			return r
		}
		heap.Pop(&a.queue)
	}
	return nil
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

// A turn is a job's place among those who wait.
type turn struct {
	turn int64
	id   jobs.ID
}

// turns is a heap, the earliest turn first.
type turns struct {
	heap   []turn
	latest int64 // that was ever added
}

func (t *turns) add(one turn) {
	t.latest = max(t.latest, one.turn)
	heap.Push(t, one)
}

// These implement [heap.Interface].
func (t *turns) Len() int           { return len(t.heap) }
func (t *turns) Less(i, j int) bool { return cmp.Less(t.heap[i].turn, t.heap[j].turn) }
func (t *turns) Swap(i, j int)      { t.heap[i], t.heap[j] = t.heap[j], t.heap[i] }
func (t *turns) Push(x any)         { t.heap = append(t.heap, x.(turn)) }
func (t *turns) Pop() any {
	last := len(t.heap) - 1
	popped := t.heap[last]
	t.heap = t.heap[:last]
	return popped
}
