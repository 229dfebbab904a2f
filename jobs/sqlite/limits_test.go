package sqlite_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// TestALongLineHoldsUpNobodyElse opens a database in which one owner, who may
// run one job at a time, has more jobs than are read at once before the first
// of another.
func TestALongLineHoldsUpNobodyElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const long = 3000
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range long / 50 {
				if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "ann"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	bobs, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, path, sqlite.Options{Limits: store.Limits{Queued: long, Running: 1}})
	if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "ann"}); !isLimit(err) {
		t.Errorf("got error %v, want those of before to be counted", err)
	}
	claim := func() store.Lease {
		l, err := s.Claim(t.Context(), "worker")
		if err != nil {
			t.Error(err)
		}
		return l
	}
	anns := claim()
	if anns.Job.Owner != "ann" {
		t.Errorf("got a job of %s first, want one of ann", anns.Job.Owner)
	}
	if l := claim(); l.Job.ID != bobs.ID {
		t.Errorf("got a job of %s beside it, want that of bob", l.Job.Owner)
	}
	for i := range 20 {
		next := make(chan store.Lease)
		go func() { next <- claim() }()
		if err := s.Append(t.Context(), anns, nil, ready); err != nil {
			t.Fatal(err)
		}
		before := anns
		if anns = <-next; anns.Job.Owner != "ann" || anns.Job.ID == before.Job.ID {
			t.Errorf("then, %d: got %s of %s, want another of ann", i, anns.Job.ID, anns.Job.Owner)
		}
	}
	if counts, _ := s.Count(t.Context()); counts[jobs.Queued] != long-21 || counts[jobs.Running] != 2 {
		t.Errorf("got %v, want %d queued and 2 running", counts, long-21)
	}
}

// TestAFailedCommitCountsForNothing checks that what could not be kept is not
// held against an owner.
func TestAFailedCommitCountsForNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{Limits: store.Limits{Queued: 2, Running: 1}})
	submit := func() error {
		_, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "ann"})
		return err
	}
	l := running(t, s) // of another owner
	if err := submit(); err != nil {
		t.Fatal(err)
	}
	if err := s.FailCommits(); err == nil {
		t.Fatal("got a commit that was to fail")
	}
	for range 5 {
		if err := submit(); err == nil || isLimit(err) {
			t.Errorf("got error %v, want that of the disk", err)
		}
		if _, err := s.Claim(t.Context(), "worker"); err == nil {
			t.Error("got a job that could not be started")
		}
		if err := s.Append(t.Context(), l, nil, ready); err == nil {
			t.Error("got the end of a job that could not be kept")
		}
	}
	if err := s.RestoreCommits(); err != nil {
		t.Fatal(err)
	}
	if err := submit(); err != nil {
		t.Errorf("the second: got error %v", err)
	}
	if err := submit(); !isLimit(err) {
		t.Errorf("the third: got error %v, want a *store.LimitError", err)
	}
	if l, err := s.Claim(t.Context(), "worker"); err != nil || l.Job.Owner != "ann" {
		t.Errorf("got a job of %s, error %v, want one of ann", l.Job.Owner, err)
	}
}

// BenchmarkClaimPastALongLine claims jobs of one owner past 16,000 of another,
// who has as many running as is allowed.
func BenchmarkClaimPastALongLine(b *testing.B) {
	for name, waiting := range map[string]int{"16000 wait": 16_000, "none wait": 0} {
		b.Run(name, func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "jobs.db"), sqlite.Options{Limits: store.Limits{Running: 1}})
			submit := func(owner string) {
				if _, _, err := s.Submit(b.Context(), docs, store.SubmitOptions{Owner: owner}); err != nil {
					b.Fatal(err)
				}
			}
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					for range waiting / 100 {
						submit("ann")
					}
				})
			}
			all.Wait()
			submit("ann")
			if _, err := s.Claim(b.Context(), "worker"); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				submit("bob")
				l, err := s.Claim(b.Context(), "worker")
				if err != nil || l.Job.Owner != "bob" {
					b.Fatal(l.Job.Owner, err)
				}
				if err := s.Append(b.Context(), l, nil, ready); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func isLimit(err error) bool {
	var limit *store.LimitError
	return errors.As(err, &limit)
}
