package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// submitting names the database of a process whose system calls are counted.
const submitting = "CARRYOUT_TEST_SUBMITTING"

const submits = 40

// submit adds jobs, one after the other.
func submit(ctx context.Context, path string) error {
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	for range submits {
		if _, _, err := s.Submit(ctx, docs, store.SubmitOptions{Owner: "me"}); err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "accepted") // a system call that is seen among the others
	}
	return nil // not closed: that would write too
}

// TestEveryAnswerComesAfterASync watches a process from outside.
func TestEveryAnswerComesAfterASync(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CARRYOUT_TEST_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("there is no strace")
	}
	folder := t.TempDir()
	path, log := filepath.Join(folder, "jobs.db"), filepath.Join(folder, "calls")
	child := exec.CommandContext(t.Context(), strace, "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-s", "16", "-o", log, os.Args[0])
	child.Env = append(os.Environ(), submitting+"="+path)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	calls, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	answers, synced := 0, false
	for line := range bytes.Lines(calls) {
		switch {
		case bytes.Contains(line, []byte("sync(")) && bytes.Contains(line, []byte("jobs.db-wal")):
			synced = true
		case bytes.Contains(line, []byte("accepted")):
			if answers++; !synced {
				t.Errorf("answer %d was given before the log was synced", answers)
			}
			synced = false
		}
	}
	if answers != submits {
		t.Errorf("got %d answers, want %d", answers, submits)
	}
}
