package metrics

import (
	"maps"
	"slices"
	"sync"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// Jobs counts what happens to jobs. Its zero value is ready.
type Jobs struct {
	wait Histogram // from the request to the first start
	work Histogram // from the latest start to the end

	mu        sync.Mutex
	commits   int64
	events    map[jobs.Kind]int64
	failures  map[string]int64  // by code
	reused    int64             // jobs that were ready when they were asked for
	made      int64             // bytes of finished files
	assembled int64             // bytes that exports have gone through
	done      map[jobs.ID]int64 // how many of those a running job had by its latest event
}

// kinds are those of the events that there may be, so that each has its sample
// from the start.
var kinds = []jobs.Kind{jobs.KindQueued, jobs.KindStarted, jobs.KindProgress, jobs.KindWarning, jobs.KindRequeued,
	jobs.KindReady, jobs.KindFailed, jobs.KindCanceled, jobs.KindExpired}

// Commit counts changes that have become durable in one transaction. It is a
// [store.Notify].
func (m *Jobs) Commit(changes []store.Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.events == nil {
		m.events, m.failures, m.done = make(map[jobs.Kind]int64), make(map[string]int64), make(map[jobs.ID]int64)
	}
	m.commits++
	for _, c := range changes {
		m.count(c)
	}
}

// count is called with mu held.
func (m *Jobs) count(c store.Change) {
	// A job that is made of a file that is there already has its whole history
	// at once: it has neither waited nor been worked on.
	reused := len(c.Events) > 1 && c.Events[0].Kind == jobs.KindQueued && c.Job.State == jobs.Ready
	if reused {
		m.reused++
	}
	for _, e := range c.Events {
		m.events[e.Kind]++
		if e.Kind == jobs.KindFailed {
			m.failures[e.Failure.Code]++
		}
		if !reused {
			m.follow(*c.Job, e)
		}
	}
	if c.Deleted || c.Job.State != jobs.Running {
		delete(m.done, c.Job.ID)
	}
}

// follow counts what an event says of the work on a job.
func (m *Jobs) follow(j jobs.Job, e jobs.Event) {
	switch e.Kind {
	case jobs.KindStarted:
		if e.Seq == 2 { // nothing else has happened to it since it was asked for
			m.wait.Observe(e.At.Sub(j.Created))
		}
		m.done[j.ID] = e.Progress.Bytes.Done // of an attempt before
	case jobs.KindProgress:
		m.advance(j.ID, e.Progress.Bytes.Done)
	case jobs.KindReady:
		m.advance(j.ID, e.Progress.Bytes.Done)
		m.made += e.File.Size
		m.work.Observe(e.At.Sub(j.Started))
	case jobs.KindFailed, jobs.KindCanceled:
		if _, ran := m.done[j.ID]; ran {
			m.work.Observe(e.At.Sub(j.Started))
		}
	}
}

// advance counts the bytes that a job has gone through since its event before.
// An attempt that starts over goes through them again.
func (m *Jobs) advance(id jobs.ID, done int64) {
	if before, ok := m.done[id]; ok {
		m.assembled += max(done-before, 0)
	}
	m.done[id] = done
}

// Write writes what was counted.
func (m *Jobs) Write(p *Page) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var events, failures []Sample
	for _, k := range kinds {
		events = append(events, Of("kind", string(k), m.events[k]))
	}
	for _, code := range slices.Sorted(maps.Keys(m.failures)) {
		failures = append(failures, Of("code", code, m.failures[code]))
	}
	p.Counter("carryout_job_events_total", "Events in the histories of jobs: requests (queued), starts, ends and what is between.", events...)
	p.Counter("carryout_job_failures_total", "Jobs that have failed, by the code of their error.", failures...)
	p.Counter("carryout_jobs_reused_total", "Jobs that were answered with a file that was there already.", One(m.reused))
	p.Counter("carryout_commits_total", "Transactions of the database that changed jobs, each synced to the disk.", One(m.commits))
	p.Counter("carryout_assembled_bytes_total", "Bytes of sources that exports have gone through; of several that share one work, for each.", One(m.assembled))
	p.Counter("carryout_made_bytes_total", "Bytes of the files that exports have made; of several that share one work, for each.", One(m.made))
	p.Histogram("carryout_job_wait_seconds", "Time from the request for a job to its first start.", &m.wait)
	p.Histogram("carryout_job_run_seconds", "Time from the latest start of a job to its end, whatever that was.", &m.work)
}
