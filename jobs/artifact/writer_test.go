package artifact_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"example.org/carryout/jobs/artifact"
)

var errDisk = errors.New("the disk is on fire")

// staged is a Staged in memory that fails after so many bytes, and at Commit
// or Checkpoint if it is told to.
type staged struct {
	bytes.Buffer
	failAfter              int
	failCommit, failMark   bool
	writes, commits        int
	committed              artifact.Digest
	short, aborted, closed bool
}

func newStaged() *staged { return &staged{failAfter: 1 << 40} }

func (s *staged) Write(p []byte) (int, error) {
	s.writes++
	n := min(len(p), s.failAfter-s.Len())
	s.Buffer.Write(p[:n])
	if n < len(p) && !s.short {
		return n, errDisk
	}
	return n, nil
}

func (s *staged) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(s.Bytes()).ReadAt(p, at)
}

func (s *staged) Size() int64 { return int64(s.Len()) }

func (s *staged) Checkpoint() ([]byte, error) {
	if s.failMark {
		return nil, errDisk
	}
	return []byte("the mark"), nil
}

func (s *staged) Commit(_ context.Context, d artifact.Digest) error {
	s.commits++
	if s.failCommit {
		return errDisk
	}
	s.committed = d
	return nil
}

func (s *staged) Abort() error { s.aborted = true; return nil }
func (s *staged) Leave() error { s.closed = true; return nil }

func TestNoWriteErrorIsLost(t *testing.T) {
	const size = 700_000
	for _, failAfter := range []int{0, 1, 256<<10 - 1, 256 << 10, 256<<10 + 1, 600_000, size - 1} {
		for _, short := range []bool{false, true} {
			s := newStaged()
			s.failAfter, s.short = failAfter, short
			want := errDisk
			if short {
				want = io.ErrShortWrite
			}
			w := artifact.NewWriter(s)
			var first error
			for range 7 {
				if _, err := w.Write(make([]byte, size/7)); err != nil && first == nil {
					first = err
				}
			}
			if _, err := w.Checkpoint(); !errors.Is(err, want) {
				t.Errorf("failing after %d bytes: got %v from Checkpoint, want %v", failAfter, err, want)
			}
			if first != nil && !errors.Is(first, want) {
				t.Errorf("failing after %d bytes: got %v from Write, want %v", failAfter, first, want)
			}
			if n, err := w.Write([]byte("x")); n != 0 || !errors.Is(err, want) {
				t.Errorf("failing after %d bytes: got %d and %v from the next Write, want %v", failAfter, n, err, want)
			}
			if _, err := w.Commit(t.Context()); !errors.Is(err, want) || s.commits != 0 {
				t.Errorf("failing after %d bytes: got %v from Commit, %d passed on, want %v and none", failAfter, err, s.commits, want)
			}
			if err := w.Abort(); err != nil || !s.aborted {
				t.Errorf("failing after %d bytes: got %v from Abort, passed on: %t", failAfter, err, s.aborted)
			}
		}
	}
}

func TestAFailedCommitCanBeAborted(t *testing.T) {
	s := newStaged()
	s.failCommit = true
	w := artifact.NewWriter(s)
	for range 2 { // the error stays
		if _, err := w.Commit(t.Context()); !errors.Is(err, errDisk) {
			t.Errorf("got %v, want the error of the place", err)
		}
	}
	if s.commits != 1 {
		t.Errorf("got %d commits passed on, want 1", s.commits)
	}
	if err := w.Abort(); err != nil || !s.aborted {
		t.Errorf("got %v from Abort, passed on: %t", err, s.aborted)
	}
}

func TestAFailedCheckpointStops(t *testing.T) {
	s := newStaged()
	s.failMark = true
	w := artifact.NewWriter(s)
	if _, err := w.Checkpoint(); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want the error of the place", err)
	}
	if _, err := w.Commit(t.Context()); !errors.Is(err, errDisk) {
		t.Errorf("got %v from Commit, want the same error", err)
	}
	if err := w.Leave(); err != nil || !s.closed {
		t.Errorf("got %v from Leave, passed on: %t", err, s.closed)
	}
}

func TestWriterIsOfNoUseAfterItsEnd(t *testing.T) {
	w := artifact.NewWriter(newStaged())
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("late")); err == nil {
		t.Error("a write after the commit went well")
	}
	if _, err := w.Checkpoint(); err == nil {
		t.Error("a checkpoint after the commit went well")
	}
	if _, err := w.Commit(t.Context()); err == nil {
		t.Error("a second commit went well")
	}
}

func TestTinyWritesAreGathered(t *testing.T) {
	s := newStaged()
	w := artifact.NewWriter(s)
	content := bytesOf(1<<20 + 5)
	for i := range content {
		if _, err := w.Write(content[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Size(); got != int64(len(content)) {
		t.Errorf("got the size %d, want %d", got, len(content))
	}
	d, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.writes > 5 {
		t.Errorf("got %d writes, want at most 5", s.writes)
	}
	if !bytes.Equal(s.Bytes(), content) || d.SHA256 != sha256.Sum256(content) || d.SHA256 != s.committed.SHA256 {
		t.Error("the bytes or their hash are not those that were written")
	}
}

func TestStatesThatAreNoneAreStale(t *testing.T) {
	s := newStaged()
	w := artifact.NewWriter(s)
	defer w.Abort()
	if _, err := w.Write(bytesOf(artifact.BlockSize + 100)); err != nil {
		t.Fatal(err)
	}
	state, err := w.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	if mark, err := artifact.Mark(state); err != nil || string(mark) != "the mark" {
		t.Errorf("got the mark %q and %v", mark, err)
	}
	if _, err := artifact.ResumeWriter(newStaged(), state); !errors.Is(err, artifact.ErrStale) {
		t.Errorf("got %v for a file of another size, want ErrStale", err)
	}
	for n := range state {
		if _, err := artifact.ResumeWriter(s, state[:n]); !errors.Is(err, artifact.ErrStale) {
			t.Fatalf("got %v for the first %d bytes of %d, want ErrStale", err, n, len(state))
		}
	}
	other := bytes.Clone(state)
	other[0]++
	for _, bad := range [][]byte{other, append(bytes.Clone(state), 0)} {
		if _, err := artifact.Mark(bad); !errors.Is(err, artifact.ErrStale) {
			t.Errorf("got %v for a state of another form, want ErrStale", err)
		}
	}
}

func FuzzResumeWriter(f *testing.F) {
	w := artifact.NewWriter(newStaged())
	state, err := w.Checkpoint()
	if err != nil {
		f.Fatal(err)
	}
	w.Abort()
	f.Add(state)
	f.Add(append([]byte{1}, bytes.Repeat([]byte{0xff}, 20)...))
	f.Fuzz(func(t *testing.T, state []byte) {
		w, err := artifact.ResumeWriter(newStaged(), state)
		if err != nil {
			return
		}
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkWriter(b *testing.B) {
	p := bytesOf(64 << 10)
	b.SetBytes(int64(len(p)))
	w := artifact.NewWriter(discard{})
	defer w.Abort()
	for b.Loop() {
		w.Write(p)
	}
}

// discard is a Staged that keeps nothing.
type discard struct{}

func (discard) Write(p []byte) (int, error)                   { return len(p), nil }
func (discard) ReadAt([]byte, int64) (int, error)             { return 0, io.EOF }
func (discard) Size() int64                                   { return 0 }
func (discard) Checkpoint() ([]byte, error)                   { return nil, nil }
func (discard) Commit(context.Context, artifact.Digest) error { return nil }
func (discard) Abort() error                                  { return nil }
func (discard) Leave() error                                  { return nil }

func bytesOf(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}
