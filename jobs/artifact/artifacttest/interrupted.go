package artifacttest

import (
	"context"
	"errors"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
)

func canceled(t *testing.T, open func() artifact.Store) {
	s := open()
	w := begin(t, s, one)
	write(t, w, []byte("content"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	notFound(t, s, one)
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
}

func resumed(t *testing.T, open func() artifact.Store) {
	const size = 2*artifact.BlockSize + 54321
	content := bytesOf(8, size)
	for _, cut := range []int{0, 1, 63, 64, 300_000, artifact.BlockSize - 1, artifact.BlockSize,
		artifact.BlockSize + 1, 2 * artifact.BlockSize, size} {
		state := interrupt(t, open(), content[:cut], content[cut:])
		s := open()
		w := resume(t, s, one, state)
		if got := w.Size(); got != int64(cut) {
			t.Fatalf("a file cut at %d goes on at %d", cut, got)
		}
		write(t, w, content[cut:])
		d, err := w.Commit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		checkDigest(t, d, content)
		holds(t, s, one, content)
	}
}

func resumedTwice(t *testing.T, open func() artifact.Store) {
	content := bytesOf(9, artifact.BlockSize+90_000)
	state := interrupt(t, open(), content[:50_000], nil)
	for cut := 50_000; cut < len(content); cut += 100_000 {
		w := resume(t, open(), one, state)
		write(t, w, content[cut:min(cut+100_000, len(content))])
		state = checkpoint(t, w)
		write(t, w, []byte("lost"))
		if err := w.Leave(); err != nil {
			t.Fatal(err)
		}
	}
	s := open()
	d, err := resume(t, s, one, state).Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkDigest(t, d, content)
	holds(t, s, one, content)
}

func gone(t *testing.T, open func() artifact.Store) {
	state := interrupt(t, open(), []byte("content"), nil)
	s := open()
	if n, err := s.SweepStaged(t.Context(), func(jobs.ID) bool { return false }); n != 1 || err != nil {
		t.Fatalf("got %d removed and %v, want 1", n, err)
	}
	stale(t, s, one, state)
}

func busy(t *testing.T, open func() artifact.Store) {
	s := open()
	w := begin(t, s, one)
	write(t, w, []byte("content"))
	state := checkpoint(t, w)
	stale(t, s, one, state)
	write(t, w, []byte(", and more"))
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, s, one, []byte("content, and more"))
}

func removedStaged(t *testing.T, open func() artifact.Store) {
	left := interrupt(t, open(), []byte("content"), nil)
	s := open()
	beside := begin(t, s, two)
	write(t, beside, []byte("beside"))
	if err := s.Remove(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	stale(t, s, one, left)

	writing := begin(t, s, one)
	write(t, writing, []byte("content"))
	state := checkpoint(t, writing)
	if err := s.Remove(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	write(t, writing, []byte(", and more"))
	if err := writing.Leave(); err != nil {
		t.Error(err)
	}
	stale(t, s, one, state)

	writing = begin(t, s, one)
	write(t, writing, []byte("content"))
	if err := s.Remove(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if _, err := writing.Commit(t.Context()); err == nil {
		t.Error("what was removed could be committed")
	}
	notFound(t, s, one)
	if err := writing.Abort(); err != nil {
		t.Error(err)
	}
	if _, err := beside.Commit(t.Context()); err != nil {
		t.Errorf("the file of another job was disturbed: %v", err)
	}
}

func sweep(t *testing.T, open func() artifact.Store) {
	const three = jobs.ID("CCCCCCCCCCCCCCCCCCCCCCCCCC")
	before := open()
	for _, id := range []jobs.ID{one, two, three} {
		w := begin(t, before, id)
		write(t, w, []byte("left"))
		checkpoint(t, w)
		if err := w.Leave(); err != nil {
			t.Fatal(err)
		}
	}
	s := open()
	put(t, s, two, []byte("finished")) // which removes what was left
	writing := begin(t, s, two)
	write(t, writing, []byte("being written"))
	checkpoint(t, writing)

	kept := func(id jobs.ID) bool { return id == one }
	for _, want := range []int{1, 0} {
		if n, err := s.SweepStaged(t.Context(), kept); n != want || err != nil {
			t.Errorf("got %d removed and %v, want %d", n, err, want)
		}
	}
	holds(t, s, two, []byte("finished"))
	if _, err := writing.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, s, two, []byte("being written"))
	if n, err := s.SweepStaged(t.Context(), func(jobs.ID) bool { return false }); n != 1 || err != nil {
		t.Errorf("got %d removed and %v of what had been kept, want 1", n, err)
	}
}

// interrupt writes kept, makes a checkpoint, writes lost, and is gone.
func interrupt(t *testing.T, s artifact.Store, kept, lost []byte) (state []byte) {
	t.Helper()
	w := begin(t, s, one)
	write(t, w, kept)
	state = checkpoint(t, w)
	write(t, w, lost)
	if err := w.Leave(); err != nil {
		t.Fatal(err)
	}
	return state
}

func checkpoint(t *testing.T, w *artifact.Writer) []byte {
	t.Helper()
	state, err := w.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func resume(t *testing.T, s artifact.Store, id jobs.ID, state []byte) *artifact.Writer {
	t.Helper()
	mark, err := artifact.Mark(state)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Stage(t.Context(), id, mark)
	if err != nil {
		t.Fatal(err)
	}
	w, err := artifact.ResumeWriter(f, state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Leave() })
	return w
}

func stale(t *testing.T, s artifact.Store, id jobs.ID, state []byte) {
	t.Helper()
	mark, err := artifact.Mark(state)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stage(t.Context(), id, mark); !errors.Is(err, artifact.ErrStale) {
		t.Errorf("got %v from going on with the file, want ErrStale", err)
	}
}
