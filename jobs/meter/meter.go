// Package meter measures the work of one running job, so that its progress
// tells the truth.
//
// Whoever does the work counts it: what people are shown with [Meter.Add], what
// takes time, by [Kind], with [Meter.Worked]. Whoever keeps the job asks how far
// it has come ([Meter.Progress]). The fraction is that of time: what has passed
// since the beginning, the planning included, of what has passed and will still
// pass. What will still pass follows from the kinds of work that are left and
// from how long each has taken so far. Rates are bytes a second, times come from
// the Meter's own clock.
//
// The fraction never runs backwards, unless what earlier attempts have done is of
// no use, and a Meter never says that all is done: only the job's last event
// does.
package meter

import (
	"sync"
	"time"

	"example.org/carryout/jobs"
)

const (
	almost       = 0.9999                 // the most that a job can have done before it is ready
	trend        = 4 * time.Second        // how far back "of late" reaches
	sampleEvery  = 100 * time.Millisecond // shortest stretch that says something about speed
	estimateFrom = 0.5                    // seconds of assembling: what is earlier says too little
)

// A Meter counts the work of one attempt. The zero value is ready for use. Its
// methods may be called by many goroutines at a time.
type Meter struct {
	Now func() time.Time // nil: time.Now

	mu       sync.Mutex
	phase    jobs.Phase
	items    jobs.Count
	bytes    jobs.Count
	current  string
	fraction float64       // the greatest there was
	earlier  jobs.Progress // of attempts before this one, which means to go on from there

	lead *Meter // that measures the work in its place

	began  time.Time // the planning
	pace   *pace     // of the assembly; nil: not begun, or nothing is known of it
	opened time.Time // the window of pace
	start  time.Time // of the assembly
	last   sample
	rate   float64 // bytes a second, of late; 0: not known
	guess  estimate
	left   jobs.Maybe[jobs.Span]
	seen   int // adds of pace

	paused  bool
	stopped time.Time     // when the pause began, by this Meter's clock
	away    time.Duration // of all pauses before it

	warnings []jobs.Warning
	told     int // of them, to TakeWarnings
}

// sample is how much was done at a time.
type sample struct {
	at    time.Time
	bytes int64
}

// Earlier tells how far earlier attempts have come. Until this one goes on
// from there ([Meter.Resume]) or has to begin anew ([Meter.Anew]), that is its
// progress, so that nothing runs backwards.
func (m *Meter) Earlier(p jobs.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.earlier = p
}

// Anew forgets what earlier attempts have done: it is of no use.
func (m *Meter) Anew() { m.Earlier(jobs.Progress{}) }

// Follow has the meter tell what lead measures, for work that is done there. A
// lead follows no other.
func (m *Meter) Follow(lead *Meter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lead = lead
}

// Adopt takes over what another job has measured in all, whose file is used
// again.
func (m *Meter) Adopt(p jobs.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.phase, m.earlier = jobs.Sealing, p
	m.earlier.Fraction.Value = min(p.Fraction.Value, almost)
}

// Plan begins the planning, or tells how much has been found so far.
func (m *Meter) Plan(items, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begin()
	m.phase = jobs.Planning
	m.items, m.bytes = jobs.Count{}, jobs.Count{}
	if items > 0 {
		m.items.Total, m.bytes.Total = jobs.Known(items), jobs.Known(bytes)
	}
}

// begin starts the clock, if it is not running yet.
func (m *Meter) begin() {
	if m.began.IsZero() {
		m.began = m.now()
	}
}

// Assemble begins the assembly of so many items and bytes, which is work of
// these kinds.
func (m *Meter) Assemble(items, bytes jobs.Maybe[int64], kinds ...Kind) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begin()
	m.phase, m.current = jobs.Assembling, ""
	m.items, m.bytes = jobs.Count{Total: items}, jobs.Count{Total: bytes}
	m.pace = newPace(kinds)
	m.start = m.now()
	m.opened, m.last = m.start, sample{at: m.start}
}

// Worked counts units that have been done, by kind. They may be counted before
// the items and bytes that they make.
func (m *Meter) Worked(units ...float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pace.add(units) {
		now := m.now()
		m.pace.close(now.Sub(m.opened).Seconds())
		m.opened = now
	}
}

// Resume counts what an earlier attempt has done already, after its Worked. It
// says nothing about speed.
func (m *Meter) Resume(items, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items.Done += items
	m.bytes.Done += bytes
	m.fraction = max(m.fraction, min(m.earlier.Fraction.Value, almost))
	m.earlier = jobs.Progress{}
	m.pace.resume()
	now := m.now()
	m.opened, m.last = now, sample{at: now, bytes: m.bytes.Done}
}

// Seal begins the sealing.
func (m *Meter) Seal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.phase, m.current = jobs.Sealing, ""
}

// Add counts work that has been done; neither number is negative.
func (m *Meter) Add(items, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items.Done += items
	m.bytes.Done += bytes
}

// At says what is being worked on, such as a path.
func (m *Meter) At(current string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.current = current
}

// Warn keeps a warning.
func (m *Meter) Warn(w jobs.Warning) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.warnings = append(m.warnings, w)
}

// Warnings returns all warnings so far, in the order in which they came.
func (m *Meter) Warnings() []jobs.Warning {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]jobs.Warning(nil), m.warnings...)
}

// TakeWarnings returns the warnings that it has not returned before.
func (m *Meter) TakeWarnings() []jobs.Warning {
	m.mu.Lock()
	defer m.mu.Unlock()
	news := append([]jobs.Warning(nil), m.warnings[m.told:]...)
	m.told = len(m.warnings)
	return news
}

// Progress returns how far the work has come.
func (m *Meter) Progress() jobs.Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lead != nil {
		return m.lead.Progress()
	}
	p := jobs.Progress{Phase: m.phase, Bytes: m.bytes, Items: m.items, Current: m.current}
	if m.earlier != (jobs.Progress{}) {
		p.Bytes, p.Items, p.Fraction = m.earlier.Bytes, m.earlier.Items, m.earlier.Fraction
		return p
	}
	if m.phase == jobs.Planning || m.phase == "" {
		return p
	}
	m.measure()
	if m.pace != nil && m.pace.total > 0 {
		m.estimate()
		p.Left = m.left
		if m.fraction > 0 {
			p.Fraction = jobs.Known(m.fraction)
		}
	}
	if m.rate > 0 {
		p.Rate = jobs.Known(int64(m.rate))
	}
	if m.paused {
		p.Left, p.Rate = jobs.Maybe[jobs.Span]{}, jobs.Maybe[int64]{}
	}
	return p
}

// measure brings the rate up to date: a moving average that forgets what is
// longer ago than trend.
func (m *Meter) measure() {
	now := sample{m.now(), m.bytes.Done}
	dt := now.at.Sub(m.last.at)
	if dt < sampleEvery {
		return
	}
	latest := float64(now.bytes-m.last.bytes) / dt.Seconds()
	if m.rate == 0 {
		m.rate = latest
	} else {
		m.rate += min(1, float64(dt)/float64(trend)) * (latest - m.rate)
	}
	m.last = now
}

// estimate brings the fraction and the time left up to date, if anything has
// been done since: a pause is no news.
func (m *Meter) estimate() {
	if m.pace.adds == m.seen && m.phase == jobs.Assembling && m.seen > 0 {
		return
	}
	m.seen = m.pace.adds
	now := m.now()
	passed := now.Sub(m.began).Seconds() + m.pace.earlier()
	rest := m.pace.rest(now.Sub(m.opened).Seconds())
	if m.phase == jobs.Sealing {
		rest = 0
	}
	// By the guesses alone it might be anything, and what was told once stays.
	if passed+rest > 0 && (m.pace.knows() || m.phase == jobs.Sealing) {
		m.fraction = max(m.fraction, min(passed/(passed+rest), almost))
	}
	m.left = jobs.Maybe[jobs.Span]{}
	at := now.Sub(m.start).Seconds()
	m.guess.add(at, rest)
	if m.phase == jobs.Assembling && at >= estimateFrom && m.pace.begun() {
		m.left = m.guess.span(at, rest)
	}
}
