package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
)

// TestTheNewestProgressIsDurable tells progress in all the ways in which it may
// come to lie beside the other events, and looks at it before and after the
// store is opened again.
func TestTheNewestProgressIsDurable(t *testing.T) {
	warning := jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "c", Count: 1}}
	for _, test := range []struct {
		name   string
		append [][]jobs.Event
	}{
		{"one", [][]jobs.Event{done(1)}},
		{"some", [][]jobs.Event{done(1), done(2), done(3, 4), done(5)}},
		{"after a warning", [][]jobs.Event{done(1, 2), {warning}, done(3)}},
		{"before a warning", [][]jobs.Event{done(1), append(done(2), warning)}},
		{"many at once", [][]jobs.Event{done(upTo(90)...), done(91)}},
		{"as many as lie aside", [][]jobs.Event{done(upTo(100)...), done(101)}},
		{"more than lie aside, and a warning", append(each(upTo(130)), []jobs.Event{warning})},
		{"one by one", each(upTo(100))},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "jobs.db")
			s := open(t, path, sqlite.Options{})
			l := running(t, s)
			told := int64(2)
			for _, events := range test.append {
				if err := s.Append(t.Context(), l, nil, events...); err != nil {
					t.Fatal(err)
				}
				told += int64(len(events))
			}
			want := fold(t, s, l.Job.ID)
			if want.LastEvent != told {
				t.Errorf("got %d events, want %d", want.LastEvent, told)
			}
			sees(t, "the store", s.Job, want)
			v, err := sqlite.Look(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			sees(t, "who looks from outside", v.Job, want)
			if err := sqlite.Check(t.Context(), path); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}

			s = open(t, path, sqlite.Options{})
			if again := fold(t, s, l.Job.ID); again.Progress != want.Progress || again.LastEvent != want.LastEvent {
				t.Errorf("opened again: got %+v after event %d, want %+v after %d", again.Progress, again.LastEvent, want.Progress, want.LastEvent)
			}
			sees(t, "the store, opened again,", s.Job, want)
			if _, err := s.Recover(t.Context(), "restart"); err != nil {
				t.Fatal(err)
			}
			if l = running(t, s); l.Job.LastEvent != told+2 {
				t.Errorf("started again: got event %d, want %d", l.Job.LastEvent, told+2)
			}
			if err := s.Append(t.Context(), l, nil, ready); err != nil {
				t.Fatal(err)
			}
			sees(t, "the store in the end", s.Job, fold(t, s, l.Job.ID))
			if err := sqlite.Check(t.Context(), path); err != nil {
				t.Error(err)
			}
		})
	}
}

// A server that is restarted often forgets each time how much progress of a job
// there is that is of no use any more.
func TestProgressDoesNotPileUpByRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	const each = 60 // which alone is no reason to remove any
	var last int64
	for range 8 {
		s := open(t, path, sqlite.Options{})
		if _, err := s.Recover(t.Context(), "restart"); err != nil {
			t.Fatal(err)
		}
		l := running(t, s)
		events := append(done(upTo(each)...), jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "c", Count: 1}})
		if err := s.Append(t.Context(), l, nil, events...); err != nil {
			t.Fatal(err)
		}
		history, err := s.Events(t.Context(), l.Job.ID, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		progress := 0
		for _, e := range history {
			if e.Kind == jobs.KindProgress {
				progress++
			}
		}
		if last = history[len(history)-1].Seq; progress > 100+each {
			t.Errorf("after %d events: got %d of progress, want some 100", last, progress)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if last < 8*each {
		t.Errorf("got %d events in all, want those of one job", last)
	}
}

// done are progress events that say so much is done.
func done(bytes ...int64) (events []jobs.Event) {
	for _, n := range bytes {
		events = append(events, jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Phase: jobs.Assembling, Bytes: jobs.Count{Done: n}}})
	}
	return events
}

func upTo(n int64) (all []int64) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

func each(bytes []int64) (appends [][]jobs.Event) {
	for _, n := range bytes {
		appends = append(appends, done(n))
	}
	return appends
}

// fold folds the history of a job.
func fold(t *testing.T, s *sqlite.Store, id jobs.ID) (j jobs.Job) {
	t.Helper()
	events, err := s.Events(t.Context(), id, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if j, err = j.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

func sees(t *testing.T, who string, ask func(context.Context, jobs.ID) (jobs.Job, error), want jobs.Job) {
	t.Helper()
	got, err := ask(t.Context(), want.ID)
	if err != nil || got.State != want.State || got.LastEvent != want.LastEvent || got.Progress != want.Progress || got.Warnings != want.Warnings {
		t.Errorf("%s: got %s at event %d with %+v, error %v; want %s at %d with %+v", who,
			got.State, got.LastEvent, got.Progress, err, want.State, want.LastEvent, want.Progress)
	}
}
