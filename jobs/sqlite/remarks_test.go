package sqlite_test

import (
	"errors"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// TestWhatManyTellIsToldTogether has jobs tell how they go, each 1.5 ms after the
// one before, the first again when all have.
func TestWhatManyTellIsToldTogether(t *testing.T) {
	const (
		apart = 1500 * time.Microsecond
		beat  = 40 * time.Millisecond
		soon  = 3500 * time.Microsecond
	)
	for name, c := range map[string]struct {
		tell   int
		submit time.Duration // when somebody else comes; 0: nobody does
		want   []time.Duration
	}{
		"the first at once, and the others after a beat": {tell: 5, want: slices.Concat(
			[]time.Duration{0}, slices.Repeat([]time.Duration{beat}, 5))},
		"beat after beat": {tell: 60, want: slices.Concat(
			[]time.Duration{0}, slices.Repeat([]time.Duration{beat}, 26), slices.Repeat([]time.Duration{2 * beat}, 27), slices.Repeat([]time.Duration{3 * beat}, 7))},
		"or with somebody else": {tell: 5, submit: soon, want: []time.Duration{0, soon, soon, soon + beat, soon + beat, soon + beat}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var (
					began time.Time
					told  []time.Duration
				)
				s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{Notify: func(changes []store.Change) {
					for _, c := range changes {
						if c.Job.Progress.Phase != "" {
							told = append(told, time.Since(began))
						}
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				var leases []store.Lease
				for range c.tell {
					leases = append(leases, running(t, s))
				}
				began = time.Now()
				if c.submit > 0 {
					time.AfterFunc(c.submit, func() {
						if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me"}); err != nil {
							t.Error(err)
						}
					})
				}
				for i := range c.tell + 1 {
					p := jobs.Progress{Phase: jobs.Assembling, Bytes: jobs.Count{Done: int64(i)}}
					if err := s.Tell(leases[i%c.tell], p); err != nil {
						t.Errorf("job %d: %v", i, err)
					}
					time.Sleep(apart)
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

// While the writer is busy, what a job has told waits, and if that is much, only
// the latest of it.
func TestWhatWaitsGivesWayToWhatIsNewer(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{})
	one, other := running(t, s), running(t, s)
	release := make(chan struct{})
	s.Hold(release)
	for n := range int64(1000) {
		for _, l := range []store.Lease{one, other} {
			if err := s.Tell(l, done(n)[0].Progress); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(release)
	for _, l := range []store.Lease{one, other} {
		if err := s.Append(t.Context(), l, nil, ready); err != nil {
			t.Fatal(err)
		}
		history, err := s.Events(t.Context(), l.Job.ID, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(history); n != 13 || history[2].Progress != done(990)[0].Progress || history[11].Progress != done(999)[0].Progress || history[12].Seq != 13 {
			t.Errorf("got %+v, want the ten latest events of progress", history)
		}
	}
}

// What cannot be written is reported by what is told next, and takes no number.
func TestWhatWasToldInVainIsReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path, sqlite.Options{})
	if err := s.WriterExec(`PRAGMA busy_timeout = 20`); err != nil {
		t.Fatal(err)
	}
	l := running(t, s)
	release := hold(t, path)
	err := s.Tell(l, done(1)[0].Progress)
	if err != nil {
		t.Errorf("got error %v before it can be known", err)
	}
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for n := int64(2); err == nil; n++ {
		<-again.C
		err = s.Tell(l, done(n)[0].Progress)
	}
	if !errors.Is(err, store.ErrBusy) {
		t.Errorf("got error %v, want %v", err, store.ErrBusy)
	}
	release()
	if err := s.Append(t.Context(), l, nil, ready); err != nil {
		t.Fatal(err)
	}
	history, err := s.Events(t.Context(), l.Job.ID, 0, 10_000)
	if n := len(history); err != nil || n > 13 || history[n-1].Seq != int64(n) || history[n-1].Kind != jobs.KindReady {
		t.Errorf("got %+v, error %v; want the end after what was still waiting", history, err)
	}
}

func TestNothingIsToldAfterTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path, sqlite.Options{})
	l := running(t, s)
	if err := s.Tell(l, done(1)[0].Progress); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Tell(l, done(2)[0].Progress); !errors.Is(err, store.ErrClosed) {
		t.Errorf("got error %v, want %v", err, store.ErrClosed)
	}
	history, err := open(t, path, sqlite.Options{}).Events(t.Context(), l.Job.ID, 0, 10)
	if err != nil || len(history) < 3 || history[2].Progress != done(1)[0].Progress {
		t.Errorf("got %+v, error %v; want what was told before the end", history, err)
	}
}

// What is told has the time of the telling, and not of the writing, so no time in
// a history goes back.
func TestWhatWaitsHasTheTimeOfItsTelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		l := running(t, s)
		release := make(chan struct{})
		s.Hold(release)
		at := time.Now()
		if err := s.Tell(l, done(1)[0].Progress); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { close(release) })
		if err := s.Append(t.Context(), l, nil, ready); err != nil {
			t.Fatal(err)
		}
		history, err := s.Events(t.Context(), l.Job.ID, 2, 10)
		if err != nil || len(history) != 2 || history[0].At.Sub(at).Abs() > time.Millisecond || history[1].At.Before(history[0].At) {
			t.Errorf("got %+v, error %v; want both at %v", history, err, at)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A savedReserve is spent as long as that is so, and then nothing but last words
// is written.
type savedReserve struct{ spent atomic.Bool }

func (r *savedReserve) Release() bool { return false }
func (r *savedReserve) Spent() bool   { return r.spent.Load() }

func TestNothingIsToldWhileRoomIsSaved(t *testing.T) {
	var reserve savedReserve
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{Reserve: &reserve})
	l, other := running(t, s), running(t, s)
	reserve.spent.Store(true)
	var err error
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for n := int64(1); err == nil; n++ {
		err = errors.Join(s.Tell(l, done(n)[0].Progress), s.Tell(other, done(n)[0].Progress))
		<-again.C
	}
	if !errors.Is(err, store.ErrFull) {
		t.Errorf("got error %v, want %v", err, store.ErrFull)
	}
	reserve.spent.Store(false)
	for _, l := range []store.Lease{l, other} {
		for err = store.ErrFull; errors.Is(err, store.ErrFull); { // what waited is still refused, or not any more
			err = s.Tell(l, done(1000)[0].Progress)
		}
		if err := errors.Join(err, s.Append(t.Context(), l, nil, ready)); err != nil {
			t.Fatal(err)
		}
		history, err := s.Events(t.Context(), l.Job.ID, 2, 10)
		if n := len(history); err != nil || n < 2 || history[n-2].Progress != done(1000)[0].Progress || history[0].Seq != 3 {
			t.Errorf("got %+v, error %v; want what was told when there was room again", history, err)
		}
	}
}
