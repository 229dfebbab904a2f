package sqlite_test

import (
	"path/filepath"
	"sync"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// TestAQueueLongerThanMemory opens a database with more jobs than are read at
// once, and serves them while others come, are canceled and go back.
func TestAQueueLongerThanMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 50 {
				if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "old"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, path, sqlite.Options{})
	var want []jobs.ID
	query := store.Filter{Limit: 500}
	for {
		page, next, err := s.List(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range page {
			want = append([]jobs.ID{j.ID}, want...)
		}
		if query.After = next; next == "" {
			break
		}
	}
	j, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "new"})
	if err != nil || j.Place != 2501 {
		t.Errorf("Submit: got place %d, error %v, want 2501", j.Place, err)
	}
	want = append(want, j.ID)
	for _, i := range []int{3, 2000} { // one that is in memory, one that is not
		if _, err := s.Cancel(t.Context(), want[i], ""); err != nil {
			t.Error(err)
		}
		if _, err := s.Retry(t.Context(), want[i]); err != nil {
			t.Error(err)
		}
		want = append(want, want[i])
	}
	want = append(append(append([]jobs.ID(nil), want[:3]...), want[4:2000]...), want[2001:]...)

	ids := make(chan jobs.ID)
	for range 20 {
		all.Go(func() {
			for range len(want) / 20 {
				l, err := s.Claim(t.Context(), "worker")
				if err != nil {
					t.Error(err)
				}
				ids <- l.Job.ID
				if err := s.Append(t.Context(), l, nil, ready); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() {
		all.Wait()
		close(ids)
	}()
	place := make(map[jobs.ID]int)
	for i, id := range want {
		place[id] = i
	}
	got := 0
	for id := range ids {
		// Twenty claim at a time, and are heard of in any order.
		if p, ok := place[id]; !ok || p < got-20 || p > got+20 {
			t.Errorf("claim %d: got the job with place %d, known %v", got, p, ok)
		}
		delete(place, id)
		got++
	}
	left := len(want) % 20
	if counts, _ := s.Count(t.Context()); len(place) != left || counts[jobs.Queued] != int64(left) || counts[jobs.Ready] != int64(got) {
		t.Errorf("got %v with %d jobs not served, want %d", counts, len(place), left)
	}
	back := running(t, s)
	if err := s.Append(t.Context(), back, nil, jobs.Event{Kind: jobs.KindRequeued}); err != nil {
		t.Error(err)
	}
	if again := running(t, s); again.Job.ID != back.Job.ID || again.Job.Attempt != 2 {
		t.Errorf("got %s, attempt %d, want the one that was put back", again.Job.ID, again.Job.Attempt)
	}
}
