package meter_test

import (
	"math"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/meter"
)

// clock is a time that moves when it is told to.
type clock struct{ now time.Time }

func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

func begin() (*meter.Meter, *clock) {
	c := &clock{time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)}
	return &meter.Meter{Now: func() time.Time { return c.now }}, c
}

func TestFractionIsUnknownWhilePlanning(t *testing.T) {
	m, _ := begin()
	m.Plan(12, 3400)
	p := m.Progress()
	if p.Phase != jobs.Planning || p.Fraction.Known || p.Left.Known || p.Rate.Known {
		t.Errorf("got %+v, want the phase planning and nothing known about the rest", p)
	}
	if want := jobs.Known[int64](12); p.Items.Total != want {
		t.Errorf("got %v items found, want %v", p.Items.Total, want)
	}
}

// kinds are what a job in these tests does, with guesses of a second each.
func kinds(units ...float64) (list []meter.Kind) {
	for _, n := range units {
		list = append(list, meter.Kind{Units: n, Cost: 1})
	}
	return list
}

func assemble(m *meter.Meter, units ...float64) {
	m.Assemble(jobs.Known[int64](10), jobs.Known[int64](1000), kinds(units...)...)
}

func TestFractionIsThatOfTimeWhateverTheGuesses(t *testing.T) {
	// How long a unit of each kind really takes, and the order in which the
	// work is done.
	for _, c := range []struct {
		name     string
		takes    [3]time.Duration
		order    string
		planning time.Duration
	}{
		{"as was guessed", [3]time.Duration{time.Second, time.Second, time.Second}, "aabbcc", 0},
		{"ten times faster", [3]time.Duration{100 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond}, "abcabc", 0},
		{"two hundred times slower", [3]time.Duration{200 * time.Second, 200 * time.Second, 200 * time.Second}, "aaabbb", 0},
		{"a kind that takes four times as long, mixed", [3]time.Duration{time.Second, 4 * time.Second, time.Second}, "abcabcabc", 0},
		{"a kind that takes a fifth, mixed and then alone", [3]time.Duration{time.Second, time.Second, 200 * time.Millisecond}, "abcabcabccabab", 0},
		{"a long planning", [3]time.Duration{time.Second, 2 * time.Second, time.Second}, "abcabcabc", 200 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, clock := begin()
			begun := clock.now
			m.Plan(0, 0)
			clock.advance(c.planning)
			const each = 120 // units of each letter
			units := make([]float64, 3)
			total := c.planning
			for _, letter := range c.order {
				units[letter-'a'] += each
				total += each * c.takes[letter-'a']
			}
			assemble(m, units...)
			worst, held, said, unknown := 0.0, 0, 0, 0
			for _, letter := range c.order {
				for range each {
					clock.advance(c.takes[letter-'a'])
					step := make([]float64, 3)
					step[letter-'a'] = 1
					m.Worked(step...)
					p, passed := m.Progress(), clock.now.Sub(begun)
					share := float64(passed) / float64(total)
					if p.Fraction.Known {
						worst = max(worst, math.Abs(p.Fraction.Value-share))
					} else if unknown++; unknown > 1+len(c.order)*each/64 {
						t.Fatalf("after %v of %v there is no fraction", passed, total)
					}
					if left := total - passed; p.Left.Known && share > 0.1 {
						said++
						if p.Left.Value.Low <= left && left <= p.Left.Value.High {
							held++
						}
					}
				}
			}
			t.Logf("off by %.3f at most, %d of %d estimates held", worst, held, said)
			if worst > 0.07 {
				t.Errorf("got a fraction that is off by %.3f, want 0.07 at most", worst)
			}
			if said == 0 || float64(held) < 0.8*float64(said) {
				t.Errorf("got %d of %d estimates that held, want 80 of 100", held, said)
			}
		})
	}
}

func TestNothingIsDoneBeforeTheLastEvent(t *testing.T) {
	m, clock := begin()
	assemble(m, 3)
	clock.advance(time.Second)
	m.Worked(300)
	m.Seal()
	if got := m.Progress().Fraction.Value; got >= 1 || got < 0.99 {
		t.Errorf("got the fraction %v while sealing, want just less than 1", got)
	}
}

func TestFractionNeverRunsBackwardsAndWaitsInAPause(t *testing.T) {
	m, clock := begin()
	assemble(m, 100, 100)
	last := 0.0
	for _, step := range []float64{5, 1, 0.1, 0.2, 40, 0.01} {
		clock.advance(time.Second)
		m.Worked(step, 1/step)
		before := m.Progress()
		if got := before.Fraction.Value; got < last {
			t.Fatalf("got %v after %v", got, last)
		}
		clock.advance(time.Hour)
		if after := m.Progress(); after.Fraction != before.Fraction {
			t.Errorf("got %v after an hour in which nothing was done, want %v still", after.Fraction, before.Fraction)
		}
		last = before.Fraction.Value
	}
}

func TestRateIsThatOfLate(t *testing.T) {
	m, clock := begin()
	assemble(m, 100)
	for i, speed := range []int64{5000, 1000} {
		for range 30 {
			clock.advance(time.Second)
			m.Add(1, speed)
			m.Progress()
		}
		if got := m.Progress().Rate.Value; got < speed*99/100 || got > speed*101/100 {
			t.Errorf("stretch %d: got %d bytes a second, want about %d", i, got, speed)
		}
	}
}

// What was told once stays, so nothing is told by the guesses alone: a source
// may be slower than they are by any factor.
func TestASlowBeginningIsNotTakenForTheEnd(t *testing.T) {
	m, clock := begin()
	m.Plan(0, 0)
	clock.advance(time.Second)
	m.Assemble(jobs.Known[int64](100), jobs.Maybe[int64]{}, meter.Kind{Units: 100, Cost: 0.001})
	for range 20 {
		clock.advance(time.Second)
		if got := m.Progress().Fraction; got.Known {
			t.Fatalf("got the fraction %v before anything was done, want none", got.Value)
		}
	}
	clock.advance(30 * time.Second)
	m.Worked(10)
	if got := m.Progress().Fraction; !got.Known || got.Value < 0.05 || got.Value > 0.15 {
		t.Errorf("got the fraction %v after a tenth of the work, want about that", got)
	}
}

func TestWhatWasResumedSaysNothingAboutSpeed(t *testing.T) {
	m, clock := begin()
	if assemble(m, 1000); m.Progress().Left.Known {
		t.Error("an estimate was given before any work was done")
	}
	m.Worked(500)
	m.Resume(5, 500)
	if got := m.Progress().Fraction.Value; got < 0.49 || got > 0.51 {
		t.Errorf("got the fraction %v after half was resumed, want about a half", got)
	}
	for range 100 {
		clock.advance(10 * time.Second)
		m.Worked(1)
		m.Progress()
	}
	p := m.Progress()
	left := 4000 * time.Second
	if s := p.Left.Value; s.Low > left || s.High < left {
		t.Errorf("got %v, want a range around %v", s, left)
	}
	if got := p.Fraction.Value; got < 0.59 || got > 0.61 {
		t.Errorf("got the fraction %v, want about 0.6", got)
	}
}

func TestEachWarningIsToldOnce(t *testing.T) {
	m, _ := begin()
	m.Warn(jobs.Warning{Path: "a"})
	m.Warn(jobs.Warning{Path: "b"})
	if got := len(m.TakeWarnings()); got != 2 {
		t.Errorf("got %d warnings, want 2", got)
	}
	m.Warn(jobs.Warning{Path: "c"})
	if got := m.TakeWarnings(); len(got) != 1 || got[0].Path != "c" {
		t.Errorf("got %v, want only the new one", got)
	}
	if got := len(m.Warnings()); got != 3 {
		t.Errorf("got %d warnings in all, want 3", got)
	}
}

func TestWhatWasDoneBeforeIsProgressUntilItIsOfNoUse(t *testing.T) {
	before := jobs.Progress{Fraction: jobs.Known(0.5), Items: jobs.Count{Done: 50, Total: jobs.Known[int64](100)}}
	for _, test := range []struct {
		name  string
		start func(m *meter.Meter)
		want  jobs.Maybe[float64]
	}{
		{"going on", func(m *meter.Meter) { m.Resume(49, 0) }, jobs.Known(0.5)},
		{"beginning anew", func(m *meter.Meter) { m.Anew() }, jobs.Maybe[float64]{}},
	} {
		m, _ := begin()
		m.Earlier(before)
		m.Plan(70, 0)
		m.Assemble(jobs.Known[int64](100), jobs.Maybe[int64]{}, kinds(100)...)
		if p := m.Progress(); p.Fraction != before.Fraction || p.Items != before.Items || p.Phase != jobs.Assembling {
			t.Errorf("before %s: got %+v, want what was done", test.name, p)
		}
		test.start(m)
		if got := m.Progress().Fraction; got != test.want {
			t.Errorf("after %s: got the fraction %v, want %v", test.name, got, test.want)
		}
	}
}
