package work_test

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

// shelf is a store and a place for files in one, in memory.
type shelf struct {
	store.Board
	store.Shelf
	artifact.Store
	jobs      map[jobs.ID]jobs.Job
	files     map[jobs.ID]bool
	swept     int
	staged    []jobs.ID       // what is to be kept of the unfinished files
	full      func() bool     // whether nothing can be recorded; nil: no
	forgotten []time.Duration // what Forget was called with
	laborious time.Duration   // how long Forget takes
}

func (s *shelf) Job(_ context.Context, id jobs.ID) (jobs.Job, error) {
	j, ok := s.jobs[id]
	if !ok {
		return j, jobs.ErrNotFound
	}
	return j, nil
}

func (s *shelf) Due(_ context.Context, n int) (due []jobs.ID, _ error) {
	for _, id := range slices.Sorted(maps.Keys(s.jobs)) {
		if j := s.jobs[id]; j.State == jobs.Ready && !j.Expires.After(time.Now()) && len(due) < n {
			due = append(due, id)
		}
	}
	return due, nil
}

func (s *shelf) Expire(_ context.Context, id jobs.ID) error {
	if s.full != nil && s.full() {
		return store.ErrFull
	}
	j := s.jobs[id]
	j.State = jobs.Expired
	s.jobs[id] = j
	return nil
}

func (s *shelf) Remove(_ context.Context, id jobs.ID) error {
	delete(s.files, id)
	return nil
}

func (s *shelf) Keys(context.Context) iter.Seq2[jobs.ID, error] {
	return func(yield func(jobs.ID, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(s.files)) {
			if !yield(id, nil) {
				return
			}
		}
	}
}

func (s *shelf) SweepStaged(_ context.Context, keep func(jobs.ID) bool) (int, error) {
	s.swept++
	s.staged = slices.DeleteFunc(s.staged, func(id jobs.ID) bool { return !keep(id) })
	return 0, nil
}

func (s *shelf) sweeper() *work.Sweeper {
	return &work.Sweeper{Board: s, Shelf: s, Artifacts: s, Every: time.Second, Log: slog.New(slog.DiscardHandler)}
}

func TestFilesGoWhenTheirTimeHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s := &shelf{jobs: map[jobs.ID]jobs.Job{}, files: map[jobs.ID]bool{}}
		for n := range 250 { // more than expire together
			id := jobs.ID(rune('a' + n))
			s.jobs[id] = jobs.Job{State: jobs.Ready, Expires: now.Add(10 * time.Second)}
			s.files[id] = true
		}
		s.jobs["later"] = jobs.Job{State: jobs.Ready, Expires: now.Add(time.Hour)}
		s.files["later"] = true
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := s.sweeper().Serve(ctx); err != nil {
			t.Fatal(err)
		}
		if len(s.files) != 1 || !s.files["later"] || s.jobs["later"].State != jobs.Ready {
			t.Errorf("got %d files left, want the one whose time has not come", len(s.files))
		}
		if got := s.jobs["a"].State; got != jobs.Expired {
			t.Errorf("got %s, want expired", got)
		}
	})
}

func TestFilesGoWhereThereIsNoRoomToRecordIt(t *testing.T) {
	for _, test := range []struct {
		name string
		full func(s *shelf, began time.Time) bool
		want jobs.State // after a minute
	}{
		{"and so make it", func(s *shelf, _ time.Time) bool { return len(s.files) == 250 }, jobs.Expired},
		{"and are recorded when there is", func(_ *shelf, began time.Time) bool { return time.Since(began) < 40*time.Second }, jobs.Expired},
		{"even if there never is", func(*shelf, time.Time) bool { return true }, jobs.Ready},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &shelf{jobs: map[jobs.ID]jobs.Job{}, files: map[jobs.ID]bool{}}
				s.full = func() bool { return test.full(s, began) }
				for n := range 250 { // more than are looked at together
					id := jobs.ID(rune('a' + n))
					s.jobs[id] = jobs.Job{State: jobs.Ready, Expires: began}
					s.files[id] = true
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := s.sweeper().Serve(ctx); err != nil {
					t.Fatal(err)
				}
				if len(s.files) > 0 {
					t.Errorf("got %d files left, want none", len(s.files))
				}
				for id, j := range s.jobs {
					if j.State != test.want {
						t.Errorf("job %s: got %s, want %s", id, j.State, test.want)
					}
				}
			})
		})
	}
}

func TestOrphansGoAtTheStartAndEveryHour(t *testing.T) {
	all := map[jobs.ID]jobs.Job{}
	for _, state := range jobs.States() {
		all[jobs.ID(state)] = jobs.Job{State: state, Expires: time.Now().Add(1000 * time.Hour)} // finished long ago, but for one
	}
	all["fresh"] = jobs.Job{State: jobs.Canceled} // its time of finish is set by the tests
	litter := func() map[jobs.ID]bool {
		files := map[jobs.ID]bool{"nobody's": true}
		for id := range all {
			files[id] = true
		}
		return files
	}
	check := func(t *testing.T, s *shelf, want ...jobs.ID) {
		t.Helper()
		if got := slices.Sorted(maps.Keys(s.files)); !slices.Equal(got, want) {
			t.Errorf("got the files of %v left, want those of %v", got, want)
		}
		if s.swept == 0 {
			t.Error("unfinished files were not looked for")
		}
	}
	t.Run("at the start", func(t *testing.T) {
		s := &shelf{jobs: maps.Clone(all), files: litter()}
		s.sweeper().Clear(t.Context())
		check(t, s, "queued", "ready", "running")
	})
	t.Run("not from under a worker that is about to let go", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &shelf{jobs: maps.Clone(all), files: litter()}
			s.jobs["fresh"] = jobs.Job{State: jobs.Canceled, Finished: time.Now().Add(30 * time.Minute)}
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Minute)
			defer cancel()
			if err := s.sweeper().Serve(ctx); err != nil {
				t.Fatal(err)
			}
			check(t, s, "fresh", "nobody's", "queued", "ready", "running")
		})
	})
	t.Run("without any job only when none has come for an hour", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &shelf{jobs: map[jobs.ID]jobs.Job{}, files: map[jobs.ID]bool{"nobody's": true}}
			ctx, cancel := context.WithTimeout(t.Context(), 150*time.Minute)
			defer cancel()
			if err := s.sweeper().Serve(ctx); err != nil {
				t.Fatal(err)
			}
			check(t, s)
		})
	})
}

func TestUnfinishedFilesLieAsLongAsAJobMayGoOnWithThem(t *testing.T) {
	all := map[jobs.ID]jobs.Job{
		"queued": {State: jobs.Queued}, "running": {State: jobs.Running}, "ready": {State: jobs.Ready, Finished: time.Now()},
		"failed": {State: jobs.Failed, Finished: time.Now().Add(-23 * time.Hour)}, "failed long ago": {State: jobs.Failed, Finished: time.Now().Add(-25 * time.Hour)},
		"canceled": {State: jobs.Canceled, Finished: time.Now().Add(-23 * time.Hour)}, "canceled long ago": {State: jobs.Canceled, Finished: time.Now().Add(-25 * time.Hour)},
	}
	s := &shelf{jobs: all, files: map[jobs.ID]bool{}, staged: append(slices.Sorted(maps.Keys(all)), "deleted")}
	s.sweeper().Clear(t.Context())
	if want := []jobs.ID{"canceled", "failed", "queued", "running"}; !slices.Equal(s.staged, want) {
		t.Errorf("got the unfinished files of %v left, want those of %v", s.staged, want)
	}
}

// Forget implements [store.Shelf].
func (s *shelf) Forget(ctx context.Context, after time.Duration) (int, error) {
	s.forgotten = append(s.forgotten, after)
	select {
	case <-time.After(s.laborious):
		return 0, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func TestFilesGoWhileManyJobsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{laborious: time.Hour, files: map[jobs.ID]bool{"a": true},
			jobs: map[jobs.ID]jobs.Job{"a": {State: jobs.Ready, Expires: time.Now().Add(10 * time.Second)}}}
		sweeper := s.sweeper()
		sweeper.Forget = 90 * 24 * time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error, 1)
		go func() { end <- sweeper.Serve(ctx) }()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(s.forgotten) != 1 || len(s.files) > 0 || s.jobs["a"].State != jobs.Expired {
			t.Errorf("got %d files left and a job that is %s while others are forgotten, want it expired", len(s.files), s.jobs["a"].State)
		}
		cancel()
		if err := <-end; err != nil {
			t.Error(err)
		}
	})
}

func TestOldJobsAreForgottenNowAndThen(t *testing.T) {
	for after, want := range map[time.Duration]int{0: 0, 90 * 24 * time.Hour: 4, time.Hour: 1 + 35} {
		synctest.Test(t, func(t *testing.T) {
			s := &shelf{}
			sweeper := s.sweeper()
			sweeper.Forget = after
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour+time.Hour/2+time.Second) // no tick comes at the very end
			defer cancel()
			if err := sweeper.Serve(ctx); err != nil {
				t.Error(err)
			}
			if got := len(s.forgotten); got != want || got > 0 && s.forgotten[0] != after {
				t.Errorf("after %v: got %v, want %d times", after, s.forgotten, want)
			}
		})
	}
}
