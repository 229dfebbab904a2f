// Package artifacttest checks that a place for artifacts keeps the promises of
// [artifact.Store] and [artifact.Staged].
//
// An adapter's test calls [Run] with a function that makes a new, empty place
// and returns another, which opens that place: each call stands for another
// start of the server.
package artifacttest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
)

const (
	one jobs.ID = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	two jobs.ID = "BBBBBBBBBBBBBBBBBBBBBBBB77"
)

// Run runs the suite.
func Run(t *testing.T, place func(t *testing.T) (open func() artifact.Store)) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, open func() artifact.Store)
	}{
		{"a file can be opened after its commit and not before", committed},
		{"an empty file is a file", empty},
		{"an opened file is a good reader", reader},
		{"an opened file survives its removal", removed},
		{"what is removed is removed with what is staged for it", removedStaged},
		{"what is not there is not found and can be removed", absent},
		{"an aborted file leaves nothing", aborted},
		{"after a commit abort and leave do nothing", afterCommit},
		{"two files staged for one job do not disturb each other", twins},
		{"a commit replaces the file before it", replaced},
		{"a replaced file can be read to its end", replacedWhileOpen},
		{"a commit under a context that is done does nothing", canceled},
		{"a resumed file equals an uninterrupted one", resumed},
		{"a resumed file can be checkpointed and resumed again", resumedTwice},
		{"a file that is gone cannot be resumed", gone},
		{"a file cannot be resumed while it is written", busy},
		{"what is being written can be read, also after it was resumed", readBack},
		{"two files of one job can be left and resumed beside each other", besides},
		{"a linked file is two files", linked},
		{"a link takes the place of the file before it", relinked},
		{"what is not there cannot be linked", unlinked},
		{"finished files are listed, staged ones are not", keys},
		{"what all files take up is known", used},
		{"a sweep leaves what is kept or being written", sweep},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, place(t)) })
	}
}

func committed(t *testing.T, open func() artifact.Store) {
	s := open()
	content := bytesOf(1, 2*artifact.BlockSize+12345)
	before := time.Now().Add(-time.Minute)
	w := begin(t, s, one)
	write(t, w, content)
	if _, err := w.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	notFound(t, s, one)
	d, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkDigest(t, d, content)
	for _, s := range []artifact.Store{s, open()} {
		holds(t, s, one, content)
		a, err := s.Open(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		checkDigest(t, a.Digest, content)
		if a.ModTime.Before(before) || a.ModTime.After(time.Now().Add(time.Minute)) {
			t.Errorf("got the time %v, want about now", a.ModTime)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}

func empty(t *testing.T, open func() artifact.Store) {
	s := open()
	put(t, s, one, nil)
	holds(t, s, one, nil)
}

func reader(t *testing.T, open func() artifact.Store) {
	s := open()
	content := bytesOf(2, 70_000)
	put(t, s, one, content)
	a, err := s.Open(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := iotest.TestReader(a, content); err != nil {
		t.Error(err)
	}
}

func removed(t *testing.T, open func() artifact.Store) {
	s := open()
	content := bytesOf(3, 300_000)
	put(t, s, one, content)
	a, err := s.Open(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	head := make([]byte, 1000)
	if _, err := io.ReadFull(a, head); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	notFound(t, s, one)
	rest, err := io.ReadAll(a)
	if err != nil || !bytes.Equal(append(head, rest...), content) {
		t.Errorf("got %d bytes and %v after the removal, want the whole file", len(head)+len(rest), err)
	}
}

func absent(t *testing.T, open func() artifact.Store) {
	s := open()
	notFound(t, s, one)
	if err := s.Remove(t.Context(), one); err != nil {
		t.Errorf("got %v from removing what is not there", err)
	}
}

func aborted(t *testing.T, open func() artifact.Store) {
	s := open()
	w := begin(t, s, one)
	write(t, w, bytesOf(4, 400_000))
	state := checkpoint(t, w)
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	notFound(t, s, one)
	stale(t, s, one, state)
}

func afterCommit(t *testing.T, open func() artifact.Store) {
	s := open()
	w := begin(t, s, one)
	write(t, w, []byte("content"))
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Abort(), w.Leave(), w.Abort()); err != nil {
		t.Error(err)
	}
	holds(t, s, one, []byte("content"))
}

func twins(t *testing.T, open func() artifact.Store) {
	s := open()
	a, b, c := begin(t, s, one), begin(t, s, one), begin(t, open(), one)
	for range 3 {
		write(t, a, bytes.Repeat([]byte("a"), 100_000))
		write(t, b, bytes.Repeat([]byte("b"), 120_000))
		write(t, c, bytes.Repeat([]byte("c"), 140_000))
	}
	if err := a.Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, s, one, bytes.Repeat([]byte("b"), 360_000))
	if _, err := c.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, s, one, bytes.Repeat([]byte("c"), 420_000))
}

func replaced(t *testing.T, open func() artifact.Store) {
	s := open()
	put(t, s, one, bytesOf(5, 500_000))
	put(t, s, two, bytesOf(6, 600_000))
	put(t, s, one, bytesOf(7, 7_000))
	holds(t, open(), one, bytesOf(7, 7_000))
	holds(t, open(), two, bytesOf(6, 600_000))
}

func replacedWhileOpen(t *testing.T, open func() artifact.Store) {
	s := open()
	put(t, s, one, bytesOf(5, 500_000))
	a, err := s.Open(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	put(t, s, one, bytesOf(7, 7_000))
	got, err := io.ReadAll(a)
	if err != nil || !bytes.Equal(got, bytesOf(5, 500_000)) {
		t.Errorf("got %d bytes and %v, want the file that was opened", len(got), err)
	}
}

func keys(t *testing.T, open func() artifact.Store) {
	s := open()
	put(t, s, one, []byte("1"))
	put(t, s, two, []byte("2"))
	write(t, begin(t, s, "CCCCCCCCCCCCCCCCCCCCCCCCCC"), []byte("3"))
	got := map[jobs.ID]int{}
	for id, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got[id]++
	}
	if len(got) != 2 || got[one] != 1 || got[two] != 1 {
		t.Errorf("got %v, want %s and %s once each", got, one, two)
	}
	for range s.Keys(t.Context()) {
		break // may be left early
	}
}

// bytesOf returns n bytes, the same ones for the same seed.
func bytesOf(seed byte, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func begin(t *testing.T, s artifact.Store, id jobs.ID) *artifact.Writer {
	t.Helper()
	f, err := s.Stage(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Size(); got != 0 {
		t.Errorf("a new file has %d bytes, want 0", got)
	}
	w := artifact.NewWriter(f)
	t.Cleanup(func() { w.Abort() }) // of what the test has left open
	return w
}

func write(t *testing.T, w *artifact.Writer, p []byte) {
	t.Helper()
	if n, err := w.Write(p); n != len(p) || err != nil {
		t.Fatalf("got %d bytes written of %d and %v", n, len(p), err)
	}
}

func put(t *testing.T, s artifact.Store, id jobs.ID, content []byte) {
	t.Helper()
	w := begin(t, s, id)
	write(t, w, content)
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, s artifact.Store, id jobs.ID, want []byte) {
	t.Helper()
	a, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	got, err := io.ReadAll(a)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and %v, want those that were written, %d", len(got), err, len(want))
	}
}

func notFound(t *testing.T, s artifact.Store, id jobs.ID) {
	t.Helper()
	a, err := s.Open(t.Context(), id)
	if err == nil {
		a.Close()
	}
	if !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("got %v from opening a file that is not there, want ErrNotFound", err)
	}
}

func checkDigest(t *testing.T, d artifact.Digest, content []byte) {
	t.Helper()
	if d.Size != int64(len(content)) || d.SHA256 != sha256.Sum256(content) {
		t.Errorf("got size %d and SHA-256 %x, want those of the %d bytes written", d.Size, d.SHA256, len(content))
	}
	var blocks [][32]byte
	for ; len(content) > 0; content = content[min(artifact.BlockSize, len(content)):] {
		blocks = append(blocks, sha256.Sum256(content[:min(artifact.BlockSize, len(content))]))
	}
	if len(d.Blocks) != len(blocks) {
		t.Fatalf("got %d blocks, want %d", len(d.Blocks), len(blocks))
	}
	for i := range blocks {
		if d.Blocks[i] != blocks[i] {
			t.Errorf("got %x as the hash of block %d, want %x", d.Blocks[i], i, blocks[i])
		}
	}
}
