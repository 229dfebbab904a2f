package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// cue does something once a text has been written.
type cue struct {
	strings.Builder
	text string
	do   func()
}

func (c *cue) Write(p []byte) (int, error) {
	if c.do != nil && strings.Contains(string(p), c.text) {
		c.do()
		c.do = nil
	}
	return c.Builder.Write(p)
}

func TestAPipeThatNobodyReadsCanBeLeft(t *testing.T) {
	f := newFake()
	defer f.Close()
	args := func(pipe string) []string { return []string{"get", "-server", f.URL, "-o", pipe, "docs"} }
	t.Run("when nobody has opened it", func(t *testing.T) {
		pipe := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		stderr := &cue{text: "left out", do: cancel} // the last line before it is opened
		if got := run(ctx, args(pipe), nil, io.Discard, stderr, nothing); got != exitInterrupted {
			t.Errorf("got status %d and %s, want %d", got, stderr, exitInterrupted)
		}
	})
	t.Run("when its reader stops", func(t *testing.T) {
		pipe := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		status := make(chan int)
		go func() { status <- run(ctx, args(pipe), nil, io.Discard, io.Discard, nothing) }()
		reader, err := os.Open(pipe)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		if _, err := io.ReadFull(reader, make([]byte, 1)); err != nil {
			t.Error(err)
		}
		cancel() // what is left is more than a pipe holds
		if got := <-status; got != exitInterrupted {
			t.Errorf("got status %d, want %d", got, exitInterrupted)
		}
	})
}

func TestGetAsksForNothingThatItCouldNotWrite(t *testing.T) {
	f := newFake()
	defer f.Close()
	t.Chdir(t.TempDir())
	part, err := os.Create("busy.zip.part")
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	if err := syscall.Flock(int(part.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for to, want := range map[string]string{
		"busy.zip": "carryout: busy.zip.part: another download is writing this file; wait for it to end, or choose another name\n",
		"socket":   "carryout: socket is a socket, and nothing can be written to it as to a file\n",
	} {
		var stderr strings.Builder
		if got := run(t.Context(), []string{"get", "-server", f.URL, "-o", to, "docs"}, nil, io.Discard, &stderr, nothing); got != exitFailed || stderr.String() != want {
			t.Errorf("%s: got status %d and %q, want %d and %q", to, got, stderr.String(), exitFailed, want)
		}
	}
	if len(f.specs) > 0 {
		t.Errorf("got %v asked for, want nothing", f.specs)
	}
}
