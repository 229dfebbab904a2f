package dir_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/artifacttest"
	"example.org/carryout/jobs/artifact/dir"
)

const id jobs.ID = "AAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestFolderKeepsThePromisesOfAStore(t *testing.T) {
	artifacttest.Run(t, func(t *testing.T) func() artifact.Store {
		root := t.TempDir()
		return func() artifact.Store { return open(t, root) }
	})
}

func TestFilesBelongToTheServerAlone(t *testing.T) {
	root := filepath.Join(t.TempDir(), "new")
	put(t, open(t, root), "content")
	for path, want := range map[string]os.FileMode{
		"staged":                          0o700,
		"ready":                           0o700,
		"ready/" + string(id):             0o600,
		"ready/" + string(id) + ".blocks": 0o600,
	} {
		info, err := os.Stat(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("got mode %o of %s, want %o", got, path, want)
		}
	}
}

func TestNothingIsLeftOfACommitOrAnAbort(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	put(t, s, "content")
	w := begin(t, s)
	write(t, w, "more")
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if got := list(t, root, "staged"); len(got) != 0 {
		t.Errorf("got staged files %v, want none", got)
	}
	if err := s.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := list(t, root, "ready"); len(got) != 0 {
		t.Errorf("got finished files %v after the removal, want none", got)
	}
}

func TestNothingIsLeftOfACommitThatComesTooLate(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	w := begin(t, s)
	write(t, w, "content")
	if err := s.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context()); !errors.Is(err, artifact.ErrStale) {
		t.Errorf("got %v, want %v", err, artifact.ErrStale)
	}
	if got := append(list(t, root, "ready"), list(t, root, "staged")...); len(got) != 0 {
		t.Errorf("got files %v, want none", got)
	}
}

func TestOnlyIDsBecomeNames(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	for _, bad := range []jobs.ID{"", "..", "../x", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "AAAAAAAAAAAAAAAAAAAAAAAAA/", id + ".blocks"} {
		if _, err := s.Stage(t.Context(), bad, nil); err == nil {
			t.Errorf("a file was staged for the id %q", bad)
		}
		if _, err := s.Open(t.Context(), bad); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("got %v from opening %q, want ErrNotFound", err, bad)
		}
		if err := s.Remove(t.Context(), bad); err != nil {
			t.Errorf("got %v from removing %q, want nothing", err, bad)
		}
	}
	if got := list(t, root, "staged"); len(got) != 0 {
		t.Errorf("got staged files %v, want none", got)
	}
}

func TestForeignMarksAreStale(t *testing.T) {
	s := open(t, t.TempDir())
	w := begin(t, s)
	write(t, w, "some bytes")
	state, err := w.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Leave(); err != nil {
		t.Fatal(err)
	}
	mark, err := artifact.Mark(state)
	if err != nil {
		t.Fatal(err)
	}
	other := jobs.ID("BBBBBBBBBBBBBBBBBBBBBBBBBB")
	if _, err := s.Stage(t.Context(), other, mark); !errors.Is(err, artifact.ErrStale) {
		t.Errorf("got %v for the mark of another job, want ErrStale", err)
	}
	for _, bad := range []string{"", "1", "2" + string(mark[1:]), string(mark) + "9999", string(mark) + " 1",
		"1 ../../etc/passwd 3", "1 " + string(id) + ".x 3", "1 " + string(id) + "." + string(id) + " -1"} {
		if _, err := s.Stage(t.Context(), id, []byte(bad)); !errors.Is(err, artifact.ErrStale) {
			t.Errorf("got %v for the mark %q, want ErrStale", err, bad)
		}
	}
}

func TestShortenedFileIsStale(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	w := begin(t, s)
	write(t, w, "some bytes")
	state, err := w.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Leave(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "staged", list(t, root, "staged")[0])
	if err := os.Truncate(path, 3); err != nil {
		t.Fatal(err)
	}
	mark, _ := artifact.Mark(state)
	if _, err := s.Stage(t.Context(), id, mark); !errors.Is(err, artifact.ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
}

func TestDamageIsNoticedWhenAFileIsOpened(t *testing.T) {
	for name, damage := range map[string]func(file string) error{
		"the file is shorter":     func(f string) error { return os.Truncate(f, 3) },
		"the file is longer":      func(f string) error { return os.Truncate(f, 300) },
		"the manifest is gone":    func(f string) error { return os.Remove(f + ".blocks") },
		"the manifest is empty":   func(f string) error { return os.Truncate(f+".blocks", 0) },
		"the manifest is cut":     func(f string) error { return os.Truncate(f+".blocks", 60) },
		"the manifest is another": func(f string) error { return os.WriteFile(f+".blocks", make([]byte, 90), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			s := open(t, root)
			put(t, s, "content")
			if err := damage(filepath.Join(root, "ready", string(id))); err != nil {
				t.Fatal(err)
			}
			a, err := s.Open(t.Context(), id)
			if err == nil {
				a.Close()
			}
			if err == nil || errors.Is(err, jobs.ErrNotFound) {
				t.Errorf("got %v, want an error that tells of the damage", err)
			}
		})
	}
}

func TestSweepLeavesWhatAnotherProcessWrites(t *testing.T) {
	root := t.TempDir()
	writing := begin(t, open(t, root))
	write(t, writing, "bytes")
	if _, err := writing.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	nothing := func(jobs.ID) bool { return false }
	other := open(t, root)
	if n, err := other.SweepStaged(t.Context(), nothing); n != 0 || err != nil {
		t.Errorf("got %d removed and %v, want the file left alone", n, err)
	}
	if _, err := writing.Commit(t.Context()); err != nil {
		t.Errorf("got %v from the commit after a sweep", err)
	}
}

func TestSweepTakesAwayManifestsWithoutFile(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	put(t, s, "content")
	orphan := filepath.Join(root, "ready", "BBBBBBBBBBBBBBBBBBBBBBBBBB.blocks")
	if err := os.WriteFile(orphan, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SweepStaged(t.Context(), func(jobs.ID) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if got := list(t, root, "ready"); len(got) != 2 {
		t.Errorf("got %v, want the file and its own manifest", got)
	}
}

func TestFullDiskHasItsOwnError(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	if err := os.Symlink("/dev/full", filepath.Join(root, "ready", string(id)+".blocks")); err != nil {
		t.Fatal(err)
	}
	w := begin(t, s)
	write(t, w, "content")
	if _, err := w.Commit(t.Context()); !errors.Is(err, artifact.ErrFull) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want ErrFull and the reason", err)
	}
	if _, err := s.Open(t.Context(), id); !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("got %v from opening it, want ErrNotFound", err)
	}
	if err := w.Leave(); err != nil {
		t.Error(err)
	}
}

func open(t *testing.T, root string) *dir.Store {
	t.Helper()
	s, err := dir.New(root)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func begin(t *testing.T, s artifact.Store) *artifact.Writer {
	t.Helper()
	f, err := s.Stage(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := artifact.NewWriter(f)
	t.Cleanup(func() { w.Abort() })
	return w
}

func write(t *testing.T, w *artifact.Writer, content string) {
	t.Helper()
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, s artifact.Store, content string) {
	t.Helper()
	w := begin(t, s)
	write(t, w, content)
	if _, err := w.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, root, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
