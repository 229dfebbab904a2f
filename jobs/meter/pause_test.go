package meter_test

import (
	"testing"
	"time"

	"example.org/carryout/jobs"
)

// Two runs do the same, and one of them is held up for an hour in the middle.
func TestAPauseLeavesNoTraceInAnEstimate(t *testing.T) {
	run := func(held time.Duration) (after jobs.Progress) {
		m, c := begin()
		assemble(m, 100)
		for n := range 60 {
			if n == 30 {
				goOn := m.Pause()
				for range 10 {
					c.advance(held / 10)
					if p := m.Progress(); p.Left.Known || p.Rate.Known {
						t.Errorf("got %+v during a pause, want no estimate", p)
					}
				}
				goOn()
			}
			c.advance(time.Second)
			m.Add(0, 10)
			m.Worked(1)
			after = m.Progress()
		}
		return after
	}
	if got, want := run(time.Hour), run(0); got != want {
		t.Errorf("got %+v after a pause, want %+v as without", got, want)
	}
	if p := run(0); !p.Rate.Known || !p.Left.Known {
		t.Errorf("got %+v, want an estimate", p)
	}
}
