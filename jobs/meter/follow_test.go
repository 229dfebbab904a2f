package meter_test

import (
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/meter"
)

func TestAFollowerTellsWhatItsLeadMeasures(t *testing.T) {
	lead, c := begin()
	var m meter.Meter
	m.Follow(lead)
	lead.Assemble(jobs.Known(int64(4)), jobs.Known(int64(100)), kinds(4)...)
	c.advance(time.Second)
	lead.Worked(1)
	lead.Add(1, 25)
	if got, want := m.Progress(), lead.Progress(); got != want || got.Bytes.Done != 25 || !got.Fraction.Known {
		t.Errorf("got %+v, want %+v", got, want)
	}
	lead.Warn(jobs.Warning{Code: "its own"})
	if got := m.Warnings(); len(got) != 0 {
		t.Errorf("got %v, want none: warnings are of one job", got)
	}
}

func TestWhatIsAdoptedIsAllButDone(t *testing.T) {
	var m meter.Meter
	m.Plan(0, 0)
	counted := jobs.Count{Done: 7, Total: jobs.Known(int64(7))}
	m.Adopt(jobs.Progress{Phase: jobs.Sealing, Items: counted, Bytes: counted, Fraction: jobs.Known(1.0)})
	if p := m.Progress(); p.Phase != jobs.Sealing || p.Items != counted || p.Bytes != counted || p.Fraction.Value >= 1 || p.Fraction.Value < 0.99 {
		t.Errorf("got %+v, want the counts, and a fraction below 1: only the last event says that all is done", p)
	}
}
