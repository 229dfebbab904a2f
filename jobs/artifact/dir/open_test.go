package dir_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"example.org/carryout/jobs/artifact/dir"
)

// TestOpenWaitsForNothing puts something else in the place of a finished file.
func TestOpenWaitsForNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		put  func(path string) error
	}{
		{"a FIFO", func(path string) error { return syscall.Mkfifo(path, 0o600) }},
		{"a link", func(path string) error { return os.Symlink(os.DevNull, path) }},
		{"a folder", func(path string) error { return os.Mkdir(path, 0o700) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			s, err := dir.New(root)
			if err != nil {
				t.Fatal(err)
			}
			id := numbered(1)
			commit(t, s, id, 10)
			path := filepath.Join(root, "ready", string(id))
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := c.put(path); err != nil {
				t.Fatal(err)
			}
			if a, err := s.Open(t.Context(), id); err == nil {
				t.Errorf("got %+v, want an error", a.Digest)
			}
		})
	}
}
