package room

import (
	"slices"
	"time"

	"example.org/carryout/jobs"
)

// A Usage is what all files take up.
type Usage struct {
	Finished   int64
	Unfinished map[jobs.ID]int64 // by the job that they belong to
}

// Sum returns how much that is together.
func (u Usage) Sum() int64 {
	sum := u.Finished
	for _, size := range u.Unfinished {
		sum += size
	}
	return sum
}

// An Attempt is a job that takes up room as long as it runs.
type Attempt struct {
	Job   jobs.ID
	Fence int64     // tells two attempts of one job apart
	Since time.Time // when the job was asked for
}

// A crowd is those who share Max.
type crowd struct {
	over bool      // they take up more
	line []Attempt // that run, the oldest first
	turn Attempt   // that goes on nevertheless; zero: none
}

// Enter takes note of an attempt that begins, which it does before it asks
// whether it may go on.
func (w *Watch) Enter(a Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, _ := slices.BinarySearchFunc(w.crowd.line, a, func(in, a Attempt) int {
		if in.Since.After(a.Since) {
			return 1
		}
		return -1 // behind those of the same time
	})
	w.crowd.line = slices.Insert(w.crowd.line, at, a)
}

// Leave is for an attempt that ends, or that writes no more itself. It may be
// called more than once. At the next look it is another's turn.
func (w *Watch) Leave(a Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.crowd.line = slices.DeleteFunc(w.crowd.line, func(in Attempt) bool { return in == a })
	if w.crowd.turn == a {
		w.crowd.turn = Attempt{}
	}
	if w.solo.who == a {
		w.solo.who, w.solo.yield = Attempt{}, nil
		w.tell()
	}
}

// used asks what all files take up. Where it cannot be told it is nothing.
func (w *Watch) used() Usage {
	if w.Max <= 0 {
		return Usage{}
	}
	u, err := w.Used()
	if err != nil {
		return Usage{}
	}
	return u
}

// count takes note of what all files take up: more than they may, until it is a
// little less. It is called with mu held.
func (w *Watch) count(u Usage) {
	c := &w.crowd
	before := *c
	sum := u.Sum()
	if c.over {
		sum += w.Max / 32
	}
	c.over = sum > w.Max
	switch {
	case !c.over:
		c.turn = Attempt{}
	case !slices.Contains(c.line, c.turn) || !w.mayExceed(u, c.turn.Job):
		c.turn = w.next(u)
	}
	switch {
	case c.over && !before.over:
		w.Log.Warn("files take up more than they may: no new exports are taken, and of the running ones all but the oldest wait")
	case !c.over && before.over:
		w.Log.Info("files take up no more than they may again")
	}
	if c.over != before.over || c.turn != before.turn {
		w.tell()
	}
}

// next returns whose turn it is.
func (w *Watch) next(u Usage) Attempt {
	for _, a := range w.crowd.line {
		if w.mayExceed(u, a.Job) {
			return a
		}
	}
	return Attempt{}
}

// mayExceed reports whether a job may go on beyond Max: unless the finished files
// are what leaves too little for all that is not its own. For those to go is
// worth to wait.
func (w *Watch) mayExceed(u Usage, id jobs.ID) bool {
	others := u.Sum() - u.Unfinished[id]
	return others <= w.Max || others-u.Finished > w.Max
}
