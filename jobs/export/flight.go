package export

import (
	"slices"
	"sync"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/work"
)

// remembered is how long a file that was made is known to be there by its
// flight: until its job is recorded as ready, which is a matter of milliseconds
// unless the disk is full.
const remembered = 10 * time.Second

// A flight is the making of a file that others want too. Nothing in it changes
// once done is closed.
type flight struct {
	job   jobs.ID
	meter *meter.Meter
	done  chan struct{}

	made     bool // the file is there, under the job
	warnings []jobs.Warning
	at       time.Time // when it was made
}

// A leader is an attempt that others may follow. One goroutine uses it.
type leader struct {
	flights *flights
	job     jobs.ID
	meter   *meter.Meter

	key  string
	mine *flight // nil: none
}

// leader makes the leader of an attempt, which does not fly yet.
func (e *Exporter) leader(t work.Task) *leader {
	return &leader{flights: &e.flights, job: t.Job.ID, meter: t.Meter}
}

// fly lets others who want that key follow from here on, instead of those of
// another key. It returns the flight that makes the same already.
func (l *leader) fly(key string) (other *flight) {
	if key == "" || l.mine != nil && l.key == key {
		return nil
	}
	l.land(false)
	mine := &flight{job: l.job, meter: l.meter, done: make(chan struct{})}
	if other = l.flights.join(key, mine); other == nil {
		l.key, l.mine = key, mine
	}
	return other
}

// land ends the flight, if there is one.
func (l *leader) land(made bool) {
	if l.mine != nil {
		l.flights.land(l.key, l.mine, made)
		l.mine = nil
	}
}

// flights are those that are under way or were just now, by the key of what
// they make.
type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

// join returns the flight of a key, or nil after it has made mine that one.
func (f *flights) join(key string, mine *flight) (other *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, old := range f.all {
		if old.made && time.Since(old.at) > remembered {
			delete(f.all, k)
		}
	}
	if other := f.all[key]; other != nil {
		return other
	}
	if f.all == nil {
		f.all = make(map[string]*flight)
	}
	f.all[key] = mine
	return nil
}

// land ends a flight, which has made its file or not. Only a file that is
// whole is for those who come later.
func (f *flights) land(key string, mine *flight, made bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	mine.made, mine.at, mine.warnings = made, time.Now(), mine.meter.Warnings()
	if !made || slices.ContainsFunc(mine.warnings, jobs.Warning.OfFile) {
		f.drop(key, mine)
	}
	close(mine.done)
}

// forget is for a flight whose file is no longer there.
func (f *flights) forget(key string, one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(key, one)
}

func (f *flights) drop(key string, one *flight) {
	if f.all[key] == one {
		delete(f.all, key)
	}
}
