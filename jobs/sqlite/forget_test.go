package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/steady"
)

// A clock that is set forward by a year makes no job a year older, and one that is
// set back none younger.
func TestJobsAreForgottenByElapsedTime(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, jump := range map[string]time.Duration{"forward": year, "back": -year, "not at all": 0} {
		t.Run("set "+name, func(t *testing.T) {
			t.Parallel()
			m := &machine{r: steady.Reading{Boot: "first", Up: time.Hour, Wall: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}}
			s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{Now: m.now, Uptime: m.read})
			id := running(t, s).Job.ID
			if _, err := s.Cancel(t.Context(), id, ""); err != nil {
				t.Fatal(err)
			}
			for _, step := range []struct {
				pass time.Duration
				want int
			}{{0, 0}, {29 * 24 * time.Hour, 0}, {24*time.Hour - time.Second, 0}, {2 * time.Second, 1}, {year, 0}} {
				m.pass(step.pass)
				m.set(jump)
				if got, err := s.Forget(t.Context(), 30*24*time.Hour); got != step.want || err != nil {
					t.Errorf("%v later: got %d, error %v, want %d", step.pass, got, err, step.want)
				}
			}
		})
	}
}
