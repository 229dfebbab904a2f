package sqlite

import (
	"cmp"
	"container/heap"

	"example.org/carryout/jobs"
)

// lines is the order in which queued jobs are served: the earliest turn first,
// but for those of owners who have as many jobs running as is allowed.
//
// Each owner has a line, and the lines that may be served stand in a heap by the
// turns of their first jobs. So an owner with thousands of jobs that must wait
// costs no more than one without any. Without a limit there is one line for
// everybody.
type lines struct {
	limit  int              // of running jobs of one owner; 0: none
	latest int64            // turn that was ever added
	of     map[string]*line // by owner
	served served
}

// A line is the queued jobs of one owner.
type line struct {
	turns   turns // may hold what has left
	running int   // jobs of that owner; counted only where there is a limit
	place   int   // in lines.served; -1: not there
}

func newLines(limit int) *lines {
	return &lines{limit: limit, of: make(map[string]*line)}
}

// line returns the line in which an owner's jobs stand.
func (q *lines) line(owner string) *line {
	if q.limit == 0 {
		owner = ""
	}
	l := q.of[owner]
	if l == nil {
		l = &line{place: -1}
		q.of[owner] = l
	}
	return l
}

func (q *lines) full(l *line) bool { return q.limit > 0 && l.running >= q.limit }

// add adds a queued job.
func (q *lines) add(t turn) {
	q.latest = max(q.latest, t.turn)
	l := q.line(t.owner)
	heap.Push(&l.turns, t)
	q.list(l)
}

// started takes note that a job of owner runs.
func (q *lines) started(owner string) {
	if q.limit > 0 {
		q.line(owner).running++ // if that makes it full, first finds out
	}
}

// ended takes note that one does so no more.
func (q *lines) ended(owner string) {
	if q.limit == 0 {
		return
	}
	l := q.line(owner)
	l.running--
	q.list(l)
	q.forget(owner, l)
}

// list gives a line its place among those that are served, if it may be.
func (q *lines) list(l *line) {
	switch {
	case l.place >= 0:
		heap.Fix(&q.served, l.place)
	case len(l.turns) > 0 && !q.full(l):
		heap.Push(&q.served, l)
	}
}

// forget drops a line that nothing is known of any more.
func (q *lines) forget(owner string, l *line) {
	if q.limit > 0 && l.running == 0 && len(l.turns) == 0 {
		delete(q.of, owner)
	}
}

// first returns the turn that is served next, out of those that wait reports to
// be waiting still.
func (q *lines) first(wait func(turn) bool) (next turn, ok bool) {
	for len(q.served) > 0 {
		l := q.served[0]
		t := l.turns[0]
		switch {
		case q.full(l):
			heap.Pop(&q.served)
		case wait(t):
			return t, true
		default:
			q.drop(l)
		}
	}
	return turn{}, false
}

// drop removes the first of the line that stands first.
func (q *lines) drop(l *line) {
	t := heap.Pop(&l.turns).(turn)
	if len(l.turns) > 0 {
		heap.Fix(&q.served, 0)
		return
	}
	heap.Pop(&q.served)
	q.forget(t.owner, l)
}

// A turn is a job's place among those who wait.
type turn struct {
	turn  int64
	id    jobs.ID
	owner string
}

// turns is a heap, the earliest first. Its methods implement [heap.Interface].
type turns []turn

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, j int) bool { return cmp.Less(t[i].turn, t[j].turn) }
func (t turns) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *turns) Push(x any)        { *t = append(*t, x.(turn)) }
func (t *turns) Pop() any {
	last := len(*t) - 1
	popped := (*t)[last]
	*t = (*t)[:last]
	return popped
}

// served is a heap of lines that have a first job, the one with the earliest
// turn first. Its methods implement [heap.Interface].
type served []*line

func (s served) Len() int           { return len(s) }
func (s served) Less(i, j int) bool { return cmp.Less(s[i].turns[0].turn, s[j].turns[0].turn) }
func (s served) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}

func (s *served) Push(x any) {
	l := x.(*line)
	l.place = len(*s)
	*s = append(*s, l)
}

func (s *served) Pop() any {
	last := len(*s) - 1
	l := (*s)[last]
	l.place = -1
	(*s)[last] = nil
	*s = (*s)[:last]
	return l
}
