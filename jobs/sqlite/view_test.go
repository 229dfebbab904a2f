package sqlite_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

func TestALookFromOutsideSeesEveryJob(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path, sqlite.Options{})
	var want []jobs.ID
	for range 1200 { // more than are read at a time
		j, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, j.ID)
	}
	v, err := sqlite.Look(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	var got []jobs.ID
	for j, err := range v.Jobs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 { // a write meanwhile is neither held up nor missed
			last, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, last.ID)
		}
		got = append(got, j.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d jobs, want %d in the order in which they came", len(got), len(want))
	}
	if j, err := v.Job(t.Context(), want[7]); err != nil || j.ID != want[7] || j.State != jobs.Queued {
		t.Errorf("Job: got %+v, error %v", j, err)
	}
	if _, err := v.Job(t.Context(), "NOBODYAAAAAAAAAAAAAAAAAAAA"); !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("Job: got error %v, want %v", err, jobs.ErrNotFound)
	}
}

func TestALookWantsThePresentSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	filled(t, path)
	query(t, path, `PRAGMA user_version = 0`)
	if v, err := sqlite.Look(t.Context(), path); err == nil {
		v.Close()
		t.Errorf("got no error for an earlier schema")
	}
}
