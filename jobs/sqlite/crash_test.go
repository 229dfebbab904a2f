package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// crashing names the database of a process that is there to be killed.
const crashing = "CARRYOUT_TEST_CRASHING"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashing); path != "" {
		fmt.Fprintln(os.Stderr, crash(context.Background(), path))
		os.Exit(1)
	}
	if path := os.Getenv(submitting); path != "" {
		if err := submit(context.Background(), path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crash works until it is killed, and writes a line for all that it was told
// is durable.
func crash(ctx context.Context, path string) error {
	s, err := sqlite.Open(ctx, path, sqlite.Options{Notify: func(changes []store.Change) {
		for _, c := range changes {
			for _, e := range c.Events {
				fmt.Println("told", e.Job, e.Seq, e.Kind)
			}
		}
	}})
	if err != nil {
		return err
	}
	if _, err := s.Recover(ctx, "crash"); err != nil {
		return err
	}
	failed := make(chan error)
	for range 4 {
		go func() {
			for {
				j, _, err := s.Submit(ctx, docs, store.SubmitOptions{Owner: "me"})
				if err != nil {
					failed <- err
				}
				fmt.Println("done", j.ID, 1, jobs.KindQueued)
			}
		}()
		go func() {
			for {
				if err := work(ctx, s); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

// work does one job, in enough steps for old progress to be thinned out.
func work(ctx context.Context, s *sqlite.Store) error {
	l, err := s.Claim(ctx, "worker")
	if err != nil {
		return err
	}
	fmt.Println("done", l.Job.ID, l.Job.LastEvent, jobs.KindStarted)
	for range 30 {
		if err := s.Append(ctx, l, []byte("cursor"), make10(jobs.Event{Kind: jobs.KindProgress})...); err != nil {
			return err
		}
		if err := s.Tell(l, jobs.Progress{Phase: jobs.Sealing}); err != nil { // which comes before what is added next
			return err
		}
	}
	if err := s.Append(ctx, l, nil, ready); err != nil {
		return err
	}
	fmt.Println("done", l.Job.ID, l.Job.LastEvent+331, jobs.KindReady)
	return nil
}

// A line that a killed process has written.
type line struct {
	word string
	id   jobs.ID
	seq  int64
	kind jobs.Kind
}

func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	known := make(map[jobs.ID]map[int64]jobs.Kind) // every number of which anybody has heard
	for round := range 6 {
		for _, l := range kill(t, path, 400+round*211) {
			if known[l.id] == nil {
				known[l.id] = make(map[int64]jobs.Kind)
			}
			if was, ok := known[l.id][l.seq]; ok && was != l.kind {
				t.Errorf("round %d: event %d of %s was %s and is %s", round, l.seq, l.id, was, l.kind)
			}
			known[l.id][l.seq] = l.kind
		}
		check(t, path, known)
	}
}

// kill starts a process, kills it when it has written n lines, and returns
// them and those that came after them.
func kill(t *testing.T, path string, n int) (lines []line) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashing+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	told := make(map[line]bool)
	for in := bufio.NewScanner(out); in.Scan(); {
		var l line
		if _, err := fmt.Sscan(in.Text(), &l.word, &l.id, &l.seq, &l.kind); err != nil {
			t.Errorf("reading %q: %v", in.Text(), err)
		}
		if l.word == "told" && told[l] {
			t.Errorf("event %d of %s was told twice", l.seq, l.id)
		}
		told[l] = true
		if lines = append(lines, l); len(lines) == n {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	child.Wait() // it was killed
	if len(lines) < n {
		t.Fatalf("got %d lines, want %d: it ended by itself", len(lines), n)
	}
	return lines
}

// check checks that all that is known is still there.
func check(t *testing.T, path string, known map[jobs.ID]map[int64]jobs.Kind) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all sync.WaitGroup
	for id, events := range known {
		all.Go(func() {
			history, err := s.Events(t.Context(), id, 0, 10_000)
			if err != nil {
				t.Errorf("job %s: %v", id, err)
				return
			}
			var folded jobs.Job
			kinds := make(map[int64]jobs.Kind)
			for _, e := range history {
				kinds[e.Seq] = e.Kind
				if folded, err = folded.Apply(e); err != nil {
					t.Errorf("job %s, event %d: %v", id, e.Seq, err)
				}
			}
			for seq, kind := range events {
				if got := kinds[seq]; got != kind && !(kind == jobs.KindProgress && got == "") {
					t.Errorf("job %s, event %d: got %q, want %q", id, seq, got, kind)
				}
				if seq > folded.LastEvent {
					t.Errorf("job %s: got last event %d, but %d was told", id, folded.LastEvent, seq)
				}
			}
			if j, err := s.Job(t.Context(), id); err != nil || j.State != folded.State || j.LastEvent != folded.LastEvent {
				t.Errorf("job %s: got %s after event %d, error %v; want %s after %d", id, j.State, j.LastEvent, err, folded.State, folded.LastEvent)
			}
		})
	}
	all.Wait()
}
