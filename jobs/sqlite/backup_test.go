package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

func TestBackupWhileRunning(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "jobs.db")
	mkdir(t, filepath.Join(folder, "backups"))
	s := open(t, path, sqlite.Options{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	var accepted []jobs.ID
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	enough := make(chan struct{})
	for range 4 {
		all.Go(func() {
			for {
				j, _, err := s.Submit(ctx, docs, store.SubmitOptions{Owner: "me"})
				if err != nil {
					return
				}
				mu.Lock()
				if accepted = append(accepted, j.ID); len(accepted) == 200 {
					close(enough)
				}
				mu.Unlock()
			}
		})
		all.Go(func() {
			for work(ctx, s) == nil {
			}
		})
	}
	<-enough
	for n := range 3 {
		dst := filepath.Join(folder, "backups", fmt.Sprint(n))
		mu.Lock()
		before := append([]jobs.ID(nil), accepted...)
		mu.Unlock()
		if err := s.Backup(t.Context(), dst); err != nil {
			t.Fatal(err)
		}
		if err := sqlite.Check(t.Context(), dst); err != nil {
			t.Errorf("the backup: %v", err)
		}
		restored, err := sqlite.Open(t.Context(), dst, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range before {
			if _, err := restored.Job(t.Context(), id); err != nil {
				t.Errorf("job %s, which was accepted before the backup: %v", id, err)
			}
		}
		if _, err := restored.Recover(t.Context(), "restored"); err != nil {
			t.Error(err)
		}
		if err := restored.Close(); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(dst); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("got mode %v, error %v, want 0600", info.Mode(), err)
		}
	}
	if err := sqlite.Check(t.Context(), path); err != nil {
		t.Errorf("the database, while it is in use: %v", err)
	}
	left, err := os.ReadDir(filepath.Join(folder, "backups"))
	if err != nil || len(left) != 3 {
		t.Errorf("got %v, error %v, want the backups alone", left, err)
	}
}

func TestBackupRefuses(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "jobs.db")
	s := open(t, path, sqlite.Options{})
	link := filepath.Join(folder, "link.db")
	if err := os.Link(path, link); err != nil {
		t.Fatal(err)
	}
	for name, dst := range map[string]string{
		"the database itself": path, "its log": path + "-wal", "another name of it": link,
		"a folder": folder, "a folder that is not there": filepath.Join(folder, "none", "today.db"),
	} {
		if err := s.Backup(t.Context(), dst); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if err := sqlite.Backup(t.Context(), filepath.Join(folder, "none.db"), filepath.Join(folder, "today.db")); err == nil {
		t.Errorf("of no database: got no error")
	}
	older := filepath.Join(folder, "older.db")
	write("a backup")(t, older)
	if err := s.Backup(t.Context(), older); !errors.Is(err, fs.ErrExist) {
		t.Errorf("an older backup: got error %v, want %v", err, fs.ErrExist)
	}
	if kept, _ := os.ReadFile(older); string(kept) != "a backup" {
		t.Errorf("an older backup: it was changed to %q", kept)
	}
	if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{}); err != nil {
		t.Errorf("Submit: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".backup-*")); len(left) != 0 {
		t.Errorf("got %v left behind", left)
	}
}
