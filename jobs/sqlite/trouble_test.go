package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

func TestFullDisk(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{})
	small, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) { // SQLite reports its own limit as it does that of the disk
		t.Helper()
		if err := s.WriterExec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // no fewer than there are
	large := docs
	large.Table = strings.Repeat("x", 1<<20)
	_, _, err = s.Submit(t.Context(), large, store.SubmitOptions{})
	if !errors.Is(err, store.ErrFull) {
		t.Errorf("Submit: got error %v, want %v", err, store.ErrFull)
	}
	if j, err := s.Job(t.Context(), small.ID); err != nil || j.State != jobs.Queued || j.Place != 1 {
		t.Errorf("Job: got %+v, error %v", j, err)
	}
	if counts, _ := s.Count(t.Context()); counts[jobs.Queued] != 1 {
		t.Errorf("Count: got %v, want 1 queued", counts)
	}
	limit(1 << 20)
	if _, _, err = s.Submit(t.Context(), large, store.SubmitOptions{}); err != nil {
		t.Errorf("Submit with room again: %v", err)
	}
	if l, err := s.Claim(t.Context(), "worker"); err != nil || l.Job.ID != small.ID {
		t.Errorf("Claim: got %s, error %v", l.Job.ID, err)
	}
}

func TestHeldByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path, sqlite.Options{})
	if err := s.WriterExec(`PRAGMA busy_timeout = 20`); err != nil {
		t.Fatal(err)
	}
	j, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	release := hold(t, path)
	_, _, err = s.Submit(t.Context(), docs, store.SubmitOptions{})
	if !errors.Is(err, store.ErrBusy) {
		t.Errorf("Submit: got error %v, want %v", err, store.ErrBusy)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Claim(ctx, "worker"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Claim: got error %v, want it to wait", err)
	}
	claimed := make(chan jobs.ID)
	go func() {
		l, err := s.Claim(t.Context(), "worker")
		if err != nil {
			t.Errorf("Claim: %v", err)
		}
		claimed <- l.Job.ID
	}()
	release()
	if got := <-claimed; got != j.ID {
		t.Errorf("Claim: got %s, want %s", got, j.ID)
	}
}

// hold has another program hold the database until release is called.
func hold(t *testing.T, path string) (release func()) {
	t.Helper()
	other, err := sql.Open("sqlite3", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	held, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := errors.Join(held.Rollback(), other.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestClose(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{})
	waits := make(chan error)
	go func() {
		_, err := s.Claim(t.Context(), "worker")
		waits <- err
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; !errors.Is(err, store.ErrClosed) {
		t.Errorf("a claim that waits: got error %v, want %v", err, store.ErrClosed)
	}
	if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Submit: got error %v, want %v", err, store.ErrClosed)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

func TestBounds(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{Messages: 32})
	if _, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{}); err != nil {
		t.Fatal(err)
	}
	l, err := s.Claim(t.Context(), "worker")
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := s.Append(t.Context(), l, nil, make10(jobs.Event{Kind: jobs.KindProgress})...); err != nil {
			t.Fatal(err)
		}
	}
	events, err := s.Events(t.Context(), l.Job.ID, 0, 10_000)
	if got := len(events); err != nil || got < 100 || got > 200 {
		t.Errorf("history of 1,000 progress events: got %d events, error %v, want some 100", got, err)
	}
	if last := events[len(events)-1].Seq; last != 1002 {
		t.Errorf("last event: got %d, want 1002", last)
	}

	for i := range int64(200) {
		if err := s.Keep(t.Context(), []store.Message{{Seq: i + 1, Name: "message"}}); err != nil {
			t.Fatal(err)
		}
	}
	messages, err := s.Messages(t.Context(), 0, 1000)
	if got := len(messages); err != nil || got < 32 || got > 36 {
		t.Errorf("messages: got %d, error %v, want some 32", got, err)
	}
	if err := s.Keep(t.Context(), []store.Message{{Seq: 200, Name: "message"}}); err == nil {
		t.Errorf("a message with a number that is used: got no error")
	}
}

func make10(e jobs.Event) (events []jobs.Event) {
	for range 10 {
		events = append(events, e)
	}
	return events
}
