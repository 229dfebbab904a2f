package meter

import "time"

// Pause stops the clock: nothing is done from now on, and nobody can tell for
// how long, so the rate and the time left are not known. What it returns lets
// the clock go on; for whatever is measured no time has passed between.
func (m *Meter) Pause() (goOn func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopped, m.paused = m.now(), true
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.away, m.paused = m.clock().Sub(m.stopped), false
	}
}

// now returns the time, less that of all pauses.
func (m *Meter) now() time.Time {
	if m.paused {
		return m.stopped
	}
	return m.clock().Add(-m.away)
}

func (m *Meter) clock() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}
