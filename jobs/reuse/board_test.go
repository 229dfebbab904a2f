package reuse_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/reuse"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

var docs = jobs.Spec{Source: "docs", Format: "zip"}

// house is a board over a real store and a real folder, with one job that is
// ready.
type house struct {
	*reuse.Board
	store *sqlite.Store
	files *dir.Store
	first jobs.Job
}

// newHouse has key tell what a file is made of; the ready one is made of "k".
func newHouse(t *testing.T, key func(context.Context, jobs.Spec) (string, error), maxSize int64) house {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "carryout.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	files, err := dir.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := house{store: s, files: files}
	h.Board = reuse.New(s, reuse.Settings{Key: key, Artifacts: files, Retain: time.Hour, MaxSize: maxSize, Now: time.Now})
	if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "me"}); err != nil {
		t.Fatal(err)
	}
	l, err := s.Claim(t.Context(), "worker")
	if err != nil {
		t.Fatal(err)
	}
	staged, err := files.Stage(t.Context(), l.Job.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := artifact.NewWriter(staged)
	if _, err := io.WriteString(w, "content"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), l, nil, jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "docs.zip", Size: 7, Key: "k"}}); err != nil {
		t.Fatal(err)
	}
	if h.first, err = s.Job(t.Context(), l.Job.ID); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h house) submit(t *testing.T, key string) jobs.Job {
	t.Helper()
	j, _, err := h.Submit(t.Context(), docs, store.SubmitOptions{Owner: "you", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// kept lists the jobs that have a file.
func (h house) kept(t *testing.T) (ids []jobs.ID) {
	t.Helper()
	for id, err := range h.files.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func same(context.Context, jobs.Spec) (string, error) { return "k", nil }

func TestAnEqualRequestIsReadyAtOnce(t *testing.T) {
	h := newHouse(t, same, 0)
	j := h.submit(t, "")
	if j.State != jobs.Ready || j.File != h.first.File || j.Owner != "you" || j.ID == h.first.ID {
		t.Errorf("got %+v, want a job of its own with the file of the first", j)
	}
	if left := time.Until(j.Expires); left < 59*time.Minute || left > time.Hour {
		t.Errorf("got %v until it expires, want the time that files are kept", left)
	}
	want := []jobs.ID{h.first.ID, j.ID}
	slices.Sort(want)
	if got := h.kept(t); !slices.Equal(got, want) {
		t.Errorf("got the files of %v, want those of %v", got, want)
	}
	// A file that is used again can be used again.
	if err := errors.Join(h.Delete(t.Context(), h.first.ID), h.files.Remove(t.Context(), h.first.ID)); err != nil {
		t.Fatal(err)
	}
	if k := h.submit(t, ""); k.State != jobs.Ready {
		t.Errorf("got %s, want it ready", k.State)
	}
}

func TestWhatCannotBeToldIsMade(t *testing.T) {
	for name, test := range map[string]struct {
		key     func(context.Context, jobs.Spec) (string, error)
		maxSize int64
		spoil   func(t *testing.T, h house)
	}{
		"another key": {key: func(context.Context, jobs.Spec) (string, error) { return "other", nil }},
		"no key":      {key: func(context.Context, jobs.Spec) (string, error) { return "", nil }},
		"an error":    {key: func(context.Context, jobs.Spec) (string, error) { return "k", errors.New("the source is gone") }},
		"a source that takes long to look at": {key: func(ctx context.Context, _ jobs.Spec) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}},
		"a file that is missing": {key: same, spoil: func(t *testing.T, h house) {
			if err := h.files.Remove(t.Context(), h.first.ID); err != nil {
				t.Fatal(err)
			}
		}},
		"a file that has expired": {key: same, spoil: func(t *testing.T, h house) {
			if err := h.store.Expire(t.Context(), h.first.ID); err != nil {
				t.Fatal(err)
			}
		}},
		"a file that is too large by now": {key: same, maxSize: 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, test.key, test.maxSize)
			if test.spoil != nil {
				test.spoil(t, h)
			}
			before := h.kept(t)
			began := time.Now()
			if j := h.submit(t, ""); j.State != jobs.Queued {
				t.Errorf("got %s, want it queued", j.State)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("got an answer after %v, want one after a quarter of a second", took)
			}
			if got := h.kept(t); !slices.Equal(got, before) {
				t.Errorf("got the files of %v, want no more than those of %v", got, before)
			}
		})
	}
}

// A known idempotency key has its job, and the file that was meant for another
// is gone.
func TestAKnownKeyLeavesNoFile(t *testing.T) {
	h := newHouse(t, same, 0)
	first := h.submit(t, "once")
	before := h.kept(t)
	if again := h.submit(t, "once"); again.ID != first.ID {
		t.Errorf("got %s, want %s", again.ID, first.ID)
	}
	if got := h.kept(t); !slices.Equal(got, before) {
		t.Errorf("got the files of %v, want those of %v", got, before)
	}
}

// The same key with another request is refused, and leaves no file either.
func TestAKeyOfAnotherRequestLeavesNoFile(t *testing.T) {
	h := newHouse(t, same, 0)
	h.submit(t, "once")
	before := h.kept(t)
	other := jobs.Spec{Source: "docs", Format: "tar"}
	if _, _, err := h.Submit(t.Context(), other, store.SubmitOptions{Owner: "you", Key: "once"}); !errors.Is(err, jobs.ErrKeyReused) {
		t.Errorf("got %v, want %v", err, jobs.ErrKeyReused)
	}
	if got := h.kept(t); !slices.Equal(got, before) {
		t.Errorf("got the files of %v, want those of %v", got, before)
	}
}

// stuck is a place for files that removes none.
type stuck struct{ artifact.Store }

func (stuck) Remove(context.Context, jobs.ID) error { return errors.New("the disk is read-only") }

func TestAFileThatStaysDoesNotHideTheJobOfAKnownKey(t *testing.T) {
	h := newHouse(t, same, 0)
	first := h.submit(t, "once")
	h.Board = reuse.New(h.store, reuse.Settings{Key: same, Artifacts: stuck{h.files}, Now: time.Now})
	if again := h.submit(t, "once"); again.ID != first.ID {
		t.Errorf("got %s, want %s", again.ID, first.ID)
	}
}
