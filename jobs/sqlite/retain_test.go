package sqlite_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/steady"
)

// machine is one whose clocks a test sets.
type machine struct {
	mu sync.Mutex
	r  steady.Reading
}

func (m *machine) read() steady.Reading {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.r
}

func (m *machine) now() time.Time { return m.read().Wall }

// pass lets time pass, and set sets the wall clock.
func (m *machine) pass(d time.Duration) {
	m.change(func() { m.r.Up, m.r.Wall = m.r.Up+d, m.r.Wall.Add(d) })
}
func (m *machine) set(d time.Duration) { m.change(func() { m.r.Wall = m.r.Wall.Add(d) }) }

func (m *machine) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// keeping has a job made whose file is kept for three days, and returns it.
func keeping(t *testing.T, s *sqlite.Store, m *machine) jobs.ID {
	t.Helper()
	l := running(t, s)
	e := ready
	e.At, e.Expires = m.now(), m.now().Add(72*time.Hour)
	if err := s.Append(t.Context(), l, nil, e); err != nil {
		t.Fatal(err)
	}
	return l.Job.ID
}

func TestFilesAreKeptByElapsedTime(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, jump := range map[string]time.Duration{
		"an hour forward": time.Hour, "an hour back": -time.Hour, "a year forward": year, "a year back": -year, "not at all": 0,
	} {
		for _, when := range []string{"while it runs", "between two runs", "both"} {
			t.Run("set "+name+", "+when, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "jobs.db")
				m := &machine{r: steady.Reading{Boot: "first", Up: time.Hour, Wall: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}}
				start := func() *sqlite.Store { // a store that was open is not closed: the server was killed
					s, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: m.now, Uptime: m.read, SkipCheck: true})
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { s.Close() })
					return s
				}
				s := start()
				if _, err := s.Due(t.Context(), 1); err != nil { // as the sweeper asks at once
					t.Fatal(err)
				}
				id := keeping(t, s, m)
				check := func(want int, left time.Duration) {
					t.Helper()
					due, err := s.Due(t.Context(), 10)
					if err != nil || len(due) != want {
						t.Errorf("%v before the end: got %d due, error %v, want %d", left, len(due), err, want)
					}
					j, err := s.Job(t.Context(), id)
					if err != nil {
						t.Fatal(err)
					}
					if off := j.Expires.Sub(m.now()) - left; off > 2*time.Second || off < -2*time.Second {
						t.Errorf("got that it expires in %v, want %v", j.Expires.Sub(m.now()), left)
					}
				}
				m.pass(time.Hour)
				if when != "between two runs" {
					m.set(jump)
				}
				check(0, 71*time.Hour)
				m.pass(time.Hour)
				if when != "while it runs" {
					m.set(jump)
					s = start()
				}
				check(0, 70*time.Hour)
				m.pass(70*time.Hour - time.Second)
				check(0, time.Second)
				m.pass(2 * time.Second)
				check(1, -time.Second)
			})
		}
	}
}

func TestAReadyJobSaysAsItDidUnlessTheClockWasSet(t *testing.T) {
	m := &machine{r: steady.Reading{Boot: "first", Up: time.Hour, Wall: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}}
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{Now: m.now, Uptime: m.read})
	id := keeping(t, s, m)
	want := m.now().Add(72 * time.Hour)
	for range 3 {
		m.pass(time.Hour)
		m.set(time.Second) // such as a clock that is not quite right
		if j, err := s.Job(t.Context(), id); err != nil || !j.Expires.Equal(want) {
			t.Errorf("got %v, error %v, want %v as before", j.Expires, err, want)
		}
	}
}
