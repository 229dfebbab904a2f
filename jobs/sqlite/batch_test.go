package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// TestOneTooManyHarmsNoOther has one job that is too large for the disk gather
// with small ones in one transaction.
func TestOneTooManyHarmsNoOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	told := make(map[jobs.ID]int64)
	s := open(t, path, sqlite.Options{Notify: func(changes []store.Change) {
		for _, c := range changes {
			for _, e := range c.Events {
				if told[e.Job]++; told[e.Job] != e.Seq {
					t.Errorf("job %s: told of event %d, want %d", e.Job, e.Seq, told[e.Job])
				}
			}
		}
	}})
	l := running(t, s)
	if err := s.WriterExec(`PRAGMA max_page_count = 60`); err != nil {
		t.Fatal(err)
	}
	large := docs
	large.Table = strings.Repeat("x", 1<<20)
	var all sync.WaitGroup
	release := make(chan struct{})
	s.Hold(release) // so that they gather
	for i := range 12 {
		all.Go(func() {
			spec, want := docs, error(nil)
			if i%4 == 0 {
				spec, want = large, store.ErrFull
			}
			if _, _, err := s.Submit(t.Context(), spec, store.SubmitOptions{Owner: fmt.Sprint(i)}); !errors.Is(err, want) {
				t.Errorf("job %d: got error %v, want %v", i, err, want)
			}
		})
	}
	all.Go(func() {
		if err := s.Append(t.Context(), l, []byte("half"), make10(jobs.Event{Kind: jobs.KindProgress})...); err != nil {
			t.Errorf("Append: %v", err)
		}
	})
	for s.Gathered() < 13 {
		runtime.Gosched()
	}
	close(release)
	all.Wait()
	if err := s.Append(t.Context(), l, nil, ready); err != nil {
		t.Errorf("Append: %v", err)
	}
	counts, _ := s.Count(t.Context())
	if counts[jobs.Queued] != 9 || counts[jobs.Ready] != 1 || counts[jobs.Running] != 0 {
		t.Errorf("got %v, want 9 queued and 1 ready", counts)
	}
	for i := range 9 {
		if j := running(t, s).Job; j.Attempt != 1 || j.Spec.Table != "" {
			t.Errorf("claim %d: got attempt %d of %.10q", i+1, j.Attempt, j.Spec.Table)
		}
	}
	if err := sqlite.Check(t.Context(), path); err != nil {
		t.Error(err)
	}
}

// running claims a job, after adding one if there is none.
func running(t *testing.T, s *sqlite.Store) store.Lease {
	t.Helper()
	if counts, _ := s.Count(t.Context()); counts[jobs.Queued] == 0 {
		if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me"}); err != nil {
			t.Fatal(err)
		}
	}
	l, err := s.Claim(t.Context(), "worker")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestACommitThatFailsLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	var told []jobs.Event
	s := open(t, path, sqlite.Options{Notify: func(changes []store.Change) {
		for _, c := range changes {
			told = append(told, c.Events...)
		}
	}})
	l := running(t, s)
	queued, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me", Key: "old"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(t.Context(), []store.Message{{Seq: 1, Name: "message"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.FailCommits(); err == nil {
		t.Fatal("got a commit that was to fail")
	}
	for name, write := range map[string]func() error{
		"Submit": func() error {
			_, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me", Key: "new"})
			return err
		},
		"Append": func() error { return s.Append(t.Context(), l, []byte("lost"), ready) },
		"Cancel": func() error { _, err := s.Cancel(t.Context(), queued.ID, ""); return err },
		"Delete": func() error { return s.Delete(t.Context(), l.Job.ID) },
		"Keep":   func() error { return s.Keep(t.Context(), []store.Message{{Seq: 2, Name: "message"}}) },
		"Claim":  func() error { _, err := s.Claim(t.Context(), "worker"); return err },
	} {
		if err := write(); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if err := s.RestoreCommits(); err != nil {
		t.Fatal(err)
	}
	if len(told) != 3 {
		t.Errorf("got %d events told, want the 3 that are durable", len(told))
	}
	select {
	case <-l.Lost:
		t.Errorf("the lease is lost")
	default:
	}
	if counts, _ := s.Count(t.Context()); counts[jobs.Queued] != 1 || counts[jobs.Running] != 1 {
		t.Errorf("got %v, want 1 queued and 1 running", counts)
	}
	if err := s.Append(t.Context(), l, nil, jobs.Event{Kind: jobs.KindRequeued}); err != nil {
		t.Errorf("Append: %v", err)
	}
	again := running(t, s)
	if again.Job.ID != l.Job.ID || again.Cursor != nil || again.Job.LastEvent != 4 {
		t.Errorf("Claim: got %s at event %d with cursor %q, want %s at 4 without", again.Job.ID, again.Job.LastEvent, again.Cursor, l.Job.ID)
	}
	if j, existed, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me", Key: "new"}); existed || err != nil {
		t.Errorf("Submit: got %s, existed %v, error %v, want a new job", j.ID, existed, err)
	}
	if err := s.Keep(t.Context(), []store.Message{{Seq: 2, Name: "message"}}); err != nil {
		t.Errorf("Keep: %v", err)
	}
	if err := sqlite.Check(t.Context(), path); err != nil {
		t.Error(err)
	}
}

func TestWhatAnotherProgramWritesIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path, sqlite.Options{})
	l, kept := running(t, s), running(t, s)
	var ids []jobs.ID
	for range 2 {
		j, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, j.ID)
	}
	query(t, path, `PRAGMA foreign_keys = ON; DELETE FROM jobs WHERE id IN ('`+string(l.Job.ID)+`', '`+string(ids[0])+`')`)
	if got := running(t, s).Job.ID; got != ids[1] {
		t.Errorf("Claim: got %s, want %s", got, ids[1])
	}
	if err := s.Append(t.Context(), l, nil, ready); !errors.Is(err, jobs.ErrLost) {
		t.Errorf("Append to a job that is gone: got error %v, want %v", err, jobs.ErrLost)
	}
	<-l.Lost
	if err := s.Append(t.Context(), kept, nil, ready); err != nil {
		t.Errorf("Append to one that is left: %v", err)
	}
	if counts, _ := s.Count(t.Context()); counts[jobs.Queued] != 0 || counts[jobs.Running] != 1 || counts[jobs.Ready] != 1 {
		t.Errorf("got %v, want 1 running and 1 ready", counts)
	}
}
