package artifacttest

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
)

// Removing or replacing either of two linked files leaves the other.
func linked(t *testing.T, open func() artifact.Store) {
	content := bytesOf(10, 2*artifact.BlockSize+77)
	for name, end := range map[string]func(s artifact.Store, id jobs.ID) error{
		"remove":  func(s artifact.Store, id jobs.ID) error { return s.Remove(t.Context(), id) },
		"replace": func(s artifact.Store, id jobs.ID) error { put(t, s, id, []byte("other")); return nil },
	} {
		for _, ended := range []jobs.ID{one, two} {
			s := open()
			put(t, s, one, content)
			link(t, s, one, two)
			kept := one
			if ended == one {
				kept = two
			}
			if err := end(s, ended); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, s := range []artifact.Store{s, open()} {
				holds(t, s, kept, content)
				a, err := s.Open(t.Context(), kept)
				if err != nil {
					t.Fatal(err)
				}
				checkDigest(t, a.Digest, content)
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			}
			if err := s.Remove(t.Context(), kept); err != nil {
				t.Fatal(err)
			}
			notFound(t, s, kept)
		}
	}
}

func relinked(t *testing.T, open func() artifact.Store) {
	s := open()
	put(t, s, one, []byte("one"))
	put(t, s, two, []byte("what two had before"))
	link(t, s, one, two)
	holds(t, open(), two, []byte("one"))
	holds(t, open(), one, []byte("one"))
}

func unlinked(t *testing.T, open func() artifact.Store) {
	s := open()
	w := begin(t, s, one)
	write(t, w, []byte("not finished"))
	if err := s.Link(t.Context(), one, two); !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	notFound(t, s, two)
}

func readBack(t *testing.T, open func() artifact.Store) {
	content := bytesOf(11, 300_000)
	f, err := open().Stage(t.Context(), one, nil)
	if err != nil {
		t.Fatal(err)
	}
	stage(t, f, content)
	readsAs(t, f, content)
	mark, err := f.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	stage(t, f, []byte("lost"))
	if err := f.Leave(); err != nil {
		t.Fatal(err)
	}
	f, err = open().Stage(t.Context(), one, mark)
	if err != nil {
		t.Fatal(err)
	}
	readsAs(t, f, content)
	stage(t, f, []byte("more"))
	readsAs(t, f, append(content, "more"...))
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
}

// A job may have a second file beside the one that it makes.
func besides(t *testing.T, open func() artifact.Store) {
	before := open()
	var marks [][]byte
	var staged []artifact.Staged
	for _, content := range []string{"beside", "the file"} {
		f, err := before.Stage(t.Context(), one, nil)
		if err != nil {
			t.Fatal(err)
		}
		stage(t, f, []byte(content))
		mark, err := f.Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		marks, staged = append(marks, mark), append(staged, f)
	}
	for _, f := range staged {
		if err := f.Leave(); err != nil {
			t.Fatal(err)
		}
	}
	s := open()
	beside, err := s.Stage(t.Context(), one, marks[0])
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.Stage(t.Context(), one, marks[1])
	if err != nil {
		t.Fatal(err)
	}
	readsAs(t, beside, []byte("beside"))
	readsAs(t, file, []byte("the file"))
	if err := errors.Join(beside.Abort(), file.Abort()); err != nil {
		t.Fatal(err)
	}
	if n, err := s.SweepStaged(t.Context(), func(jobs.ID) bool { return false }); n != 0 || err != nil {
		t.Errorf("got %d files left and %v, want none", n, err)
	}
}

func link(t *testing.T, s artifact.Store, from, to jobs.ID) {
	t.Helper()
	if err := s.Link(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
}

func stage(t *testing.T, f artifact.Staged, p []byte) {
	t.Helper()
	if n, err := f.Write(p); n != len(p) || err != nil {
		t.Fatalf("got %d bytes written of %d and %v", n, len(p), err)
	}
}

func readsAs(t *testing.T, f artifact.Staged, want []byte) {
	t.Helper()
	got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and %v, want the %d that were written", len(got), err, len(want))
	}
}
