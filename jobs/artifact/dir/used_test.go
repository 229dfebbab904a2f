package dir_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
)

// commit makes a file of so many bytes.
func commit(t testing.TB, s *dir.Store, id jobs.ID, size int) {
	t.Helper()
	staged, err := s.Stage(context.Background(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := artifact.NewWriter(staged)
	if _, err := w.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// numbered is an id, which has no digit below 2.
func numbered(n int) jobs.ID {
	return jobs.ID(strings.NewReplacer("0", "O", "1", "I", "8", "B", "9", "G").Replace(fmt.Sprintf("AAAAAAAAAAAAAAAA%010d", n)))
}

func finished(t testing.TB, s *dir.Store) int64 {
	t.Helper()
	bytes, _, err := s.Used(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// What others do to the files is seen at once by the time of the folder. Where
// that is of no help, as on a file system whose clock is coarse, it is seen when
// everything is counted anew, which is not done at each look: there may be very
// many files.
func TestWhatOthersDoIsCountedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		s, err := dir.New(root)
		if err != nil {
			t.Fatal(err)
		}
		ready := filepath.Join(root, "ready")
		commit(t, s, numbered(0), 1000)
		one := finished(t, s)
		put := func(name string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(ready, name), make([]byte, 500), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		put("FOREIGN")
		if err := os.Chtimes(ready, time.Time{}, time.Unix(1, 0)); err != nil { // the disk's clock may not have moved on
			t.Fatal(err)
		}
		if got := finished(t, s); got != one+500 {
			t.Errorf("got %d bytes, want the %d of a file and 500 of another's", got, one)
		}

		put("UNSEEN")
		if err := os.Chtimes(ready, time.Time{}, time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		commit(t, s, numbered(1), 1000)
		if got := finished(t, s); got != 2*one+500 {
			t.Errorf("got %d bytes, want what was counted and what was added, %d", got, 2*one+500)
		}
		if err := s.Remove(t.Context(), numbered(0)); err != nil {
			t.Fatal(err)
		}
		if got := finished(t, s); got != one+500 {
			t.Errorf("got %d bytes after a file was removed, want %d", got, one+500)
		}
		time.Sleep(10 * time.Minute)
		if got := finished(t, s); got != one+1000 {
			t.Errorf("got %d bytes after a while, want all of them, %d", got, one+1000)
		}
	})
}

// A look at what 20,000 files take up, after each of which one has come.
func BenchmarkUsed(b *testing.B) {
	root := b.TempDir()
	s, err := dir.New(root)
	if err != nil {
		b.Fatal(err)
	}
	for n := range 20_000 {
		if err := os.WriteFile(filepath.Join(root, "ready", string(numbered(n))), []byte("x"), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	finished(b, s)
	n := 20_000
	for b.Loop() {
		b.StopTimer()
		commit(b, s, numbered(n), 1)
		n++
		b.StartTimer()
		finished(b, s)
	}
}
