// Package meter measures the work of one running job, so that its progress
// tells the truth.
//
// Whoever does the work counts it ([Meter.Add]); whoever keeps the job asks how
// far it has come ([Meter.Progress]). Progress is weighed by what takes time:
// a file costs something to open however small it is, so the fraction is that
// of bytes and items together, each with its [Cost]. Rates are bytes a second,
// times come from the Meter's own clock.
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
	estimateFrom = time.Second            // of assembling: what is earlier says too little
)

// Cost says what work takes, in any unit.
type Cost struct{ Item, Byte float64 }

// A Meter counts the work of one attempt. The zero value is ready for use. Its
// methods may be called by many goroutines at a time.
type Meter struct {
	Now func() time.Time // nil: time.Now

	mu       sync.Mutex
	phase    jobs.Phase
	items    jobs.Count
	bytes    jobs.Count
	cost     Cost
	other    work // that is neither items nor bytes
	current  string
	fraction float64       // the greatest there was
	earlier  jobs.Progress // of attempts before this one, which means to go on from there

	began  time.Time // of assembling
	before float64   // work that was done when it began
	last   sample
	speed  speed // of late

	warnings []jobs.Warning
	told     int // of them, to TakeWarnings
}

// work is what takes time, in units of Cost.
type work struct{ done, total float64 }

// sample is how much was done at a time.
type sample struct {
	at    time.Time
	bytes int64
	work  float64
}

// speed is what is done in a second; zero: not known.
type speed struct{ bytes, work float64 }

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

// Plan begins the planning, or tells how much has been found so far.
func (m *Meter) Plan(items, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.phase = jobs.Planning
	m.items, m.bytes = jobs.Count{}, jobs.Count{}
	if items > 0 {
		m.items.Total, m.bytes.Total = jobs.Known(items), jobs.Known(bytes)
	}
}

// Assemble begins the assembly of so many items and bytes.
func (m *Meter) Assemble(items, bytes jobs.Maybe[int64], c Cost) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.phase, m.cost, m.current = jobs.Assembling, c, ""
	m.items, m.bytes = jobs.Count{Total: items}, jobs.Count{Total: bytes}
	m.other = work{}
	m.began = m.now()
	m.last = sample{at: m.began}
}

// Expect adds to what there is to do in the assembly, in units of its cost:
// what some items or bytes take more than others.
func (m *Meter) Expect(work float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.other.total += work
}

// Worked counts what was expected so, when it has been done.
func (m *Meter) Worked(work float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.other.done += work
}

// Resume counts what an earlier attempt has done already. It says nothing
// about speed.
func (m *Meter) Resume(items, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items.Done += items
	m.bytes.Done += bytes
	m.fraction = max(m.fraction, min(m.earlier.Fraction.Value, almost))
	m.earlier = jobs.Progress{}
	m.before = m.work()
	m.last = sample{at: m.now(), bytes: m.bytes.Done, work: m.before}
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
	p := jobs.Progress{Phase: m.phase, Bytes: m.bytes, Items: m.items, Current: m.current}
	if m.earlier != (jobs.Progress{}) {
		p.Bytes, p.Items, p.Fraction = m.earlier.Bytes, m.earlier.Items, m.earlier.Fraction
		return p
	}
	if m.phase == jobs.Planning || m.phase == "" {
		return p
	}
	m.measure()
	if total, known := m.total(); known {
		if total > 0 {
			m.fraction = max(m.fraction, min(m.work()/total, almost))
		}
		p.Fraction = jobs.Known(m.fraction)
		p.Left = m.left(total)
	}
	if m.speed.bytes > 0 {
		p.Rate = jobs.Known(int64(m.speed.bytes))
	}
	return p
}

// measure brings the speed up to date: a moving average that forgets what is
// longer ago than trend.
func (m *Meter) measure() {
	now := sample{at: m.now(), bytes: m.bytes.Done, work: m.work()}
	dt := now.at.Sub(m.last.at)
	if dt < sampleEvery {
		return
	}
	latest := speed{
		bytes: float64(now.bytes-m.last.bytes) / dt.Seconds(),
		work:  (now.work - m.last.work) / dt.Seconds(),
	}
	if m.speed == (speed{}) {
		m.speed = latest
	} else {
		weight := min(1, float64(dt)/float64(trend))
		m.speed.bytes += weight * (latest.bytes - m.speed.bytes)
		m.speed.work += weight * (latest.work - m.speed.work)
	}
	m.last = now
}

// left estimates the time to the end from two speeds, that of late and that
// since the beginning. How far they are apart says how little is certain.
func (m *Meter) left(total float64) (none jobs.Maybe[jobs.Span]) {
	elapsed := m.last.at.Sub(m.began)
	done := m.last.work - m.before
	if m.phase != jobs.Assembling || elapsed < estimateFrom || done <= 0 || m.speed.work <= 0 {
		return none
	}
	rest := total - m.work()
	a := rest / m.speed.work
	b := rest / (done / elapsed.Seconds())
	low, high := min(a, b)*0.9, max(a, b)*1.15
	const longest = 365 * 24 * 3600 // beyond it is not known
	if high > longest {
		return none
	}
	return jobs.Known(jobs.Span{Low: seconds(low), High: seconds(high)})
}

// work returns what is done, in units of cost.
func (m *Meter) work() float64 {
	return float64(m.items.Done)*m.cost.Item + float64(m.bytes.Done)*m.cost.Byte + m.other.done
}

// total returns what there is to do, in units of cost, if it is known.
func (m *Meter) total() (work float64, known bool) {
	if m.cost.Item > 0 && !m.items.Total.Known || m.cost.Byte > 0 && !m.bytes.Total.Known {
		return 0, false
	}
	return float64(m.items.Total.Value)*m.cost.Item + float64(m.bytes.Total.Value)*m.cost.Byte + m.other.total, true
}

func (m *Meter) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
