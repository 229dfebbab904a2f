package sqlite_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/room"
	"example.org/carryout/jobs/room/roomtest"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// onSmallDisk opens a store on a disk of its own, with a reserve of a MiB.
func onSmallDisk(t *testing.T) (*sqlite.Store, *room.Watch, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	roomtest.Disk(t, dir, 16<<20)
	w := &room.Watch{Artifacts: dir, Database: dir, Ballast: room.NewBallast(dir, 1<<20), Log: slog.New(slog.DiscardHandler)}
	w.Check()
	return open(t, filepath.Join(dir, "jobs.db"), sqlite.Options{Reserve: w.Ballast}), w, dir
}

func accepted(t *testing.T, s *sqlite.Store) jobs.Job {
	t.Helper()
	j, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestAFullDiskTakesLastWords(t *testing.T) {
	s, w, dir := onSmallDisk(t)
	var waiting []jobs.Job
	for range 300 {
		waiting = append(waiting, accepted(t, s))
	}
	l, err := s.Claim(t.Context(), "worker")
	if err != nil {
		t.Fatal(err)
	}
	old := waiting[1:3]
	for range old {
		l, err := s.Claim(t.Context(), "worker")
		if err == nil {
			err = s.Append(t.Context(), l, nil, jobs.Event{Kind: jobs.KindReady})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	empty := roomtest.Fill(t, dir, 0)
	progress := jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Current: "a"}}
	var full error
	for n := 0; full == nil && n < 10_000; n++ { // the log of writes has some room of its own
		full = s.Append(t.Context(), l, make([]byte, 100<<10), progress)
	}
	if !errors.Is(full, store.ErrFull) {
		t.Fatalf("got %v from a full disk, want %v", full, store.ErrFull)
	}
	for what, err := range map[string]error{
		"a warning":  s.Append(t.Context(), l, nil, jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "a", Message: "b"}}),
		"an expiry":  s.Expire(t.Context(), old[0].ID),
		"a deletion": s.Delete(t.Context(), old[1].ID),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "ballast")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want the reserve to be spent", err)
	}
	for _, j := range waiting[3:] {
		if j, err := s.Cancel(t.Context(), j.ID, "enough"); err != nil || j.State != jobs.Canceled {
			t.Fatalf("got %s, %v, want it canceled", j.State, err)
		}
	}
	if err := s.Append(t.Context(), l, nil, jobs.Event{Kind: jobs.KindReady}); err != nil {
		t.Errorf("the end of a job: %v", err)
	}
	for what, err := range map[string]error{
		"progress":  s.Append(t.Context(), l, nil, progress),
		"a message": s.Keep(t.Context(), []store.Message{{Seq: 1, Name: "a", Data: "b"}}),
		"a job":     func() error { _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{}); return err }(),
		"a retry":   func() error { _, err := s.Retry(t.Context(), waiting[4].ID); return err }(),
	} {
		if !errors.Is(err, store.ErrFull) {
			t.Errorf("%s: got %v, want %v while the reserve is spent", what, err, store.ErrFull)
		}
	}
	empty()
	w.Check()
	if _, err := s.Retry(t.Context(), waiting[4].ID); err != nil {
		t.Errorf("a retry with room again: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Check(t.Context(), filepath.Join(dir, "jobs.db")); err != nil {
		t.Error(err)
	}
}

func TestAFullDiskIsOpened(t *testing.T) {
	s, w, dir := onSmallDisk(t)
	j := accepted(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	roomtest.Fill(t, dir, 0)
	s = open(t, filepath.Join(dir, "jobs.db"), sqlite.Options{Reserve: w.Ballast})
	if j, err := s.Cancel(t.Context(), j.ID, "enough"); err != nil || j.State != jobs.Canceled {
		t.Errorf("got %s, %v, want it canceled", j.State, err)
	}
}

func TestAFullDiskWithoutAReserveSaysSo(t *testing.T) {
	s, w, dir := onSmallDisk(t)
	accepted(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	roomtest.Fill(t, dir, 0)
	w.Ballast.Release()
	roomtest.Fill(t, dir, 0)
	if s, err := sqlite.Open(t.Context(), filepath.Join(dir, "jobs.db"), sqlite.Options{}); !errors.Is(err, store.ErrFull) {
		if err == nil {
			s.Close()
		}
		t.Errorf("got %v, want %v", err, store.ErrFull)
	}
}
