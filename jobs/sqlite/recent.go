package sqlite

import (
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

// recentMost is how many progress events of a job are remembered while it runs.
// Only the newest of them is on the disk, in the table progress, where it takes
// the place of the one before: to keep each of them would be most of the work.
// They join the other events when something else happens to the job.
const recentMost = progressKept

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

// tell adds events to a job's history. Progress alone is only put beside it.
func (t *tx) tell(r *row, events []event, aside bool) {
	if len(events) == 0 {
		return
	}
	r.recent = append(r.recent, events...)
	if aside {
		r.recent = r.recent[max(0, len(r.recent)-recentMost):]
		t.newest(r, &events[len(events)-1])
		return
	}
	t.events = append(t.events, r.recent...)
	if r.crowd += len(r.recent); r.crowd >= thinEvery {
		t.thin, r.crowd = append(t.thin, r.n), 0
	}
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
