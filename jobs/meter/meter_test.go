package meter_test

import (
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

func TestFractionWeighsItemsAndBytes(t *testing.T) {
	m, _ := begin()
	m.Assemble(jobs.Known[int64](10), jobs.Known[int64](1000), meter.Cost{Item: 100, Byte: 1})
	m.Add(5, 0)
	if got, want := m.Progress().Fraction, jobs.Known(0.25); got != want {
		t.Errorf("got %v after half of the items, want %v", got, want)
	}
	m.Add(0, 1000)
	if got, want := m.Progress().Fraction, jobs.Known(0.75); got != want {
		t.Errorf("got %v after all bytes too, want %v", got, want)
	}
}

func TestNothingIsDoneBeforeTheLastEvent(t *testing.T) {
	m, _ := begin()
	m.Assemble(jobs.Known[int64](3), jobs.Maybe[int64]{}, meter.Cost{Item: 1})
	m.Add(300, 1)
	m.Seal()
	if got := m.Progress().Fraction.Value; got >= 1 {
		t.Errorf("got the fraction %v while sealing, want less than 1", got)
	}
}

func TestFractionNeverRunsBackwards(t *testing.T) {
	m, c := begin()
	m.Assemble(jobs.Known[int64](100), jobs.Known[int64](100), meter.Cost{Item: 1, Byte: 1})
	last := 0.0
	for _, step := range []int64{50, -20, 10, 0, 60, -90} {
		m.Add(step, 0)
		c.advance(time.Second)
		got := m.Progress().Fraction.Value
		if got < last {
			t.Fatalf("got %v after %v", got, last)
		}
		last = got
	}
}

func TestEstimateIsARangeAroundTheTruth(t *testing.T) {
	m, c := begin()
	const total = 100
	m.Assemble(jobs.Known[int64](total), jobs.Known[int64](0), meter.Cost{Item: 1})
	if m.Progress().Left.Known {
		t.Error("an estimate was given before any work was done")
	}
	for done := int64(1); done < total; done++ {
		c.advance(time.Second)
		m.Add(1, 1000)
		p := m.Progress()
		if done < 3 {
			continue
		}
		left := time.Duration(total-done) * time.Second
		if s := p.Left.Value; !p.Left.Known || s.Low > left || s.High < left {
			t.Fatalf("after %d s: got %v, want a range around %v", done, p.Left, left)
		}
		if got := p.Rate.Value; got < 990 || got > 1010 {
			t.Fatalf("after %d s: got %d bytes a second, want about 1000", done, got)
		}
	}
}

func TestWhatWasResumedSaysNothingAboutSpeed(t *testing.T) {
	m, c := begin()
	m.Assemble(jobs.Known[int64](1000), jobs.Known[int64](0), meter.Cost{Item: 1})
	m.Resume(900, 0)
	for range 20 {
		c.advance(time.Second)
		m.Add(1, 0)
		m.Progress()
	}
	left := 80 * time.Second
	if s := m.Progress().Left.Value; s.Low > left || s.High < left {
		t.Errorf("got %v, want a range around %v", s, left)
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
		want  float64
	}{
		{"going on", func(m *meter.Meter) { m.Resume(49, 0) }, 0.5},
		{"beginning anew", func(m *meter.Meter) { m.Anew() }, 0},
	} {
		m, _ := begin()
		m.Earlier(before)
		m.Plan(70, 0)
		m.Assemble(jobs.Known[int64](100), jobs.Maybe[int64]{}, meter.Cost{Item: 1})
		if p := m.Progress(); p.Fraction != before.Fraction || p.Items != before.Items || p.Phase != jobs.Assembling {
			t.Errorf("before %s: got %+v, want what was done", test.name, p)
		}
		test.start(m)
		if got := m.Progress().Fraction; got != jobs.Known(test.want) {
			t.Errorf("after %s: got the fraction %v, want %v", test.name, got, test.want)
		}
	}
}
