package store_test

import (
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

func TestNewIDsAreValidAndSortByTime(t *testing.T) {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	var before jobs.ID
	for _, later := range []time.Duration{0, time.Millisecond, 40 * time.Millisecond, time.Second, time.Hour, 24 * time.Hour, 5 * 365 * 24 * time.Hour} {
		id := store.NewID(now.Add(later))
		if !id.Valid() {
			t.Errorf("after %v: got %q, want an id", later, id)
		}
		if id <= before {
			t.Errorf("after %v: got %q, want one that sorts after %q", later, id, before)
		}
		before = id
	}
}

func TestNewIDsOfOneMomentDiffer(t *testing.T) {
	now := time.Now()
	seen := make(map[jobs.ID]bool)
	for range 1000 {
		seen[store.NewID(now)] = true
	}
	if len(seen) != 1000 {
		t.Errorf("got %d different ids, want 1000", len(seen))
	}
}
