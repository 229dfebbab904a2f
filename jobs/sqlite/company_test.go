package sqlite_test

import (
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// TestProgressOfManyJobsWaitsForCompany has jobs tell how they go, each a
// tenth of a millisecond after the one before.
func TestProgressOfManyJobsWaitsForCompany(t *testing.T) {
	const apart = 100 * time.Microsecond
	for name, c := range map[string]struct {
		run, tell int
		before    int           // how many have told together before that
		submit    time.Duration // when somebody else comes; 0: nobody does
		want      []time.Duration
	}{
		"until each has told":          {run: 40, before: 2, tell: 40, want: slices.Repeat([]time.Duration{39 * apart}, 40)},
		"for a hundredth of a second":  {run: 40, before: 2, tell: 10, want: slices.Repeat([]time.Duration{10 * time.Millisecond}, 10)},
		"until somebody is in a hurry": {run: 40, before: 2, tell: 10, submit: 2 * time.Millisecond, want: slices.Repeat([]time.Duration{2 * time.Millisecond}, 10)},
		"but not where few jobs run":   {run: 3, before: 2, tell: 3, want: []time.Duration{0, apart, 2 * apart}},
		"nor where none came before":   {run: 40, before: 1, tell: 3, want: []time.Duration{0, apart, 2 * apart}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var (
					began time.Time
					told  []time.Duration
				)
				s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{Notify: func(changes []store.Change) {
					for _, c := range changes {
						if c.Job.State == jobs.Running && c.Job.Progress.Phase != "" {
							told = append(told, time.Since(began))
						}
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				var leases []store.Lease
				for range c.run {
					leases = append(leases, running(t, s))
				}
				tell := func(i int) {
					e := jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Phase: jobs.Assembling}}
					if err := s.Append(t.Context(), leases[i], nil, e); err != nil {
						t.Errorf("job %d: %v", i, err)
					}
				}
				release := make(chan struct{})
				if c.before > 1 {
					s.Hold(release) // until they are all there
				}
				for i := range c.before {
					go tell(i)
				}
				synctest.Wait()
				close(release)
				time.Sleep(time.Second) // until which they are answered
				synctest.Wait()
				began, told = time.Now(), nil
				for i := range c.tell {
					go func() {
						time.Sleep(time.Duration(i) * apart)
						tell(i)
					}()
				}
				if c.submit > 0 {
					time.Sleep(c.submit)
					if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me"}); err != nil {
						t.Error(err)
					}
					if got := time.Since(began); got != c.submit {
						t.Errorf("got an answer to the request after %v, want it at once, after %v", got, c.submit)
					}
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if !slices.Equal(told, c.want) {
					t.Errorf("got progress told after %v, want %v", told, c.want)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
