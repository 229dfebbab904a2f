package sqlite

import (
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

// recentMost is how many progress events of a job stay in memory, but for the
// newest, which the table progress has. They move on to the table of events
// together, since each job has pages of its own there, and to write one of them
// for every event would be most of the work. A crash thins out those that are
// in memory: no more than happens to all progress once it is old.
const recentMost = 32

// recent are the newest events of a running job, all of them progress, which
// are not in the table of events. Its elements are never changed.
type recent []event

// pure reports whether events are progress of a job that goes on, and nothing
// else.
func pure(events []jobs.Event) bool {
	for i := range events {
		if events[i].Kind != jobs.KindProgress {
			return false
		}
	}
	return true
}

// tell adds events to a job's history. Progress alone is only put beside it,
// as long as there is not too much of it.
func (t *tx) tell(r *row, events []event, aside bool) {
	if len(events) == 0 {
		return
	}
	if aside && len(r.recent)+len(events) < recentMost {
		r.recent = append(r.recent, events...)
		t.newest(r, &events[len(events)-1])
		return
	}
	t.events = append(append(t.events, r.recent...), events...)
	r.recent = nil
	if r.job.State != jobs.Running {
		t.newest(r, nil)
	}
}

// newest keeps a progress event as the newest of its job, or removes it if it
// is nil.
func (t *tx) newest(r *row, e *event) {
	if e == nil && !r.told {
		return
	}
	r.told = e != nil
	if t.progress == nil {
		t.progress = make(map[int64]*event, 1)
	}
	t.progress[r.n] = e
}

// publishAside lets readers see what is kept aside for the jobs that run.
func (w *writer) publishAside(running []*row) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recent = make(map[jobs.ID]recent)
	for _, r := range running {
		w.recent[r.job.ID] = r.recent
	}
}

// publishChanged does so for those that have changed.
func (w *writer) publishChanged(changes []*change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range changes {
		if c.Deleted || len(c.row.recent) == 0 {
			delete(w.recent, c.Job.ID)
		} else {
			w.recent[c.Job.ID] = c.row.recent
		}
	}
}

// recentOf returns the durable events of a job that the table of events may not
// have.
func (w *writer) recentOf(id jobs.ID) recent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.recent[id]
}

// follow adds to events, of which the last has the number after, those of r
// that come then, up to n in all.
func (r recent) follow(events []jobs.Event, id jobs.ID, after int64, n int) ([]jobs.Event, error) {
	for _, told := range r {
		if told.seq <= after || len(events) >= n {
			continue
		}
		e, err := wire.ParseData(told.kind, told.data)
		if err != nil {
			return nil, err
		}
		e.Job, e.Seq = id, told.seq
		events = append(events, e)
	}
	return events, nil
}
