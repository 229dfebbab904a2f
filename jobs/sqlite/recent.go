package sqlite

import (
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
)

// recentMost is how many progress events of a job are remembered while it runs.
// Only the newest of them is on the disk, in the table progress, where it takes
// the place of the one before: to keep each of them would be most of the work.
// They join the other events when something else happens to the job.
const recentMost = progressKept

// recent are the newest events of a running job, all of them progress, which
// are not in the table of events. Its elements are never changed.
type recent []told

// A told is a progress event. It is small beside a [jobs.Event], and encoded only
// when it is written, which most are not.
type told struct {
	seq      int64
	at       time.Time
	progress jobs.Progress
}

// event returns e as an event of that job.
func (e *told) event(id jobs.ID) jobs.Event {
	return jobs.Event{Job: id, Seq: e.seq, At: e.at, Kind: jobs.KindProgress, Progress: e.progress}
}

// appendData appends the data of e.
func (e *told) appendData(b []byte) []byte { return wire.AppendKeptProgress(b, e.at, e.progress) }

// telling returns events as what they tell, if they are progress and nothing else.
func (s *Store) telling(events []jobs.Event) (told recent, pure bool) {
	for i := range events {
		if events[i].Kind != jobs.KindProgress {
			return nil, false
		}
	}
	told = make(recent, len(events))
	for i := range events {
		e := &told[i]
		if e.at, e.progress = events[i].At, events[i].Progress; e.at.IsZero() {
			e.at = s.options.Now()
		}
		e.at = trim(e.at)
	}
	return told, true
}

// tell makes progress the next events of a job that runs. It is put beside the
// job's history. It takes over r, and c and as many events, which are empty.
func (t *tx) tell(r *row, progress recent, c *change, events []jobs.Event) error {
	for i := range progress {
		e := &progress[i]
		e.seq = r.job.LastEvent + 1
		events[i] = e.event(r.job.ID)
		var err error
		if r.job, err = r.job.Apply(events[i]); err != nil {
			return err
		}
	}
	if len(progress) > 0 {
		r.recent = append(r.recent, progress...)
		r.recent = r.recent[max(0, len(r.recent)-recentMost):]
		t.newest(r, &r.recent[len(r.recent)-1])
	}
	*c = change{Change: store.Change{Job: &r.job, Events: events}, row: r, write: notAtAll, before: jobs.Running}
	t.changes = append(t.changes, c)
	return nil
}

// join adds events to a job's history, after the progress that lies beside it.
func (t *tx) join(r *row, events []event) {
	for i := range r.recent {
		e := &r.recent[i]
		t.events = append(t.events, event{r.n, e.seq, jobs.KindProgress, e.appendData(make([]byte, 0, often))})
	}
	t.events = append(t.events, events...)
	if r.crowd += len(r.recent) + len(events); r.crowd >= thinEvery {
		t.thin, r.crowd = append(t.thin, r.n), 0
	}
	r.recent = nil
	if r.job.State != jobs.Running {
		t.newest(r, nil)
	}
}

// A newest is the latest progress of a job, by its number, that lies beside its
// history; nil: there is none any more.
type newest struct {
	job int64
	*told
}

// newest keeps a progress event as the newest of its job, or removes it if it
// is nil.
func (t *tx) newest(r *row, e *told) {
	if e == nil && !r.told {
		return
	}
	r.told = e != nil
	t.progress = append(t.progress, newest{r.n, e})
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
func (r recent) follow(events []jobs.Event, id jobs.ID, after int64, n int) []jobs.Event {
	for i := range r {
		if r[i].seq > after && len(events) < n {
			events = append(events, r[i].event(id))
		}
	}
	return events
}
