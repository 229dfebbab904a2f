package wire_test

import (
	"strings"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

func TestTimesAreWrittenAsPackageTimeWritesThem(t *testing.T) {
	east := time.FixedZone("east", 14*3600)
	for _, at := range []time.Time{
		time.Unix(0, 0), time.Date(2024, 2, 29, 23, 59, 59, 999_999_999, time.UTC), time.Date(2026, 12, 31, 9, 8, 7, 60_000_000, east),
		time.Date(1, 1, 1, 0, 0, 0, 1_000_000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		got := string(wire.AppendData(nil, jobs.Event{Kind: jobs.KindProgress, At: at}))
		want := `"at":"` + at.UTC().Format("2006-01-02T15:04:05.000Z") + `"`
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want it to hold %s", got, want)
		}
	}
}
