package parsed_test

import (
	"testing"
	"time"

	"example.org/carryout/jobs/parsed"
)

func TestEveryDayReadsAsItWasWritten(t *testing.T) {
	for day := time.Date(1969, 12, 25, 13, 14, 15, 16_000_000, time.UTC); day.Year() < 2110; day = day.AddDate(0, 0, 1) {
		v := value{map[string]any{"created": day.Format("2006-01-02T15:04:05.000Z")}}
		if got := parsed.Job(v).Created; !got.Equal(day) {
			t.Fatalf("got %v, want %v", got, day)
		}
	}
}
