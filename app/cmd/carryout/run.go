package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells have it for SIGINT
)

// A shell is what a command has of the world around it.
type shell struct {
	in       io.Reader
	out, err io.Writer
	environ  []string // NAME=VALUE
	now      func() time.Time
}

// env returns the value of an environment variable, or nothing.
func (sh shell) env(name string) string {
	for _, v := range sh.environ {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// run does what args say and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, environ []string) int {
	out := &checked{Writer: stdout}
	sh := shell{in: stdin, out: out, err: stderr, environ: environ, now: time.Now}
	err := dispatch(ctx, sh, args)
	if err == nil && out.failed != nil {
		err = fmt.Errorf("writing to standard output: %w", out.failed)
	}
	return report(stderr, err)
}

// checked remembers that a result could not be written, so that no command has
// to look.
type checked struct {
	io.Writer
	failed error
}

func (c *checked) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	if err != nil && c.failed == nil {
		c.failed = err
	}
	return n, err
}

// A usageError is a command line that cannot be meant.
type usageError struct {
	command string // empty: there is none
	text    string
}

func (e *usageError) Error() string { return e.text }

// An interruption is the end that somebody asked for.
type interruption struct{ advice string }

func (i *interruption) Error() string { return i.advice }

// report says what went wrong, in one sentence, and returns the exit status.
func report(w io.Writer, err error) int {
	var (
		usage   *usageError
		stopped *interruption
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		name, help := "carryout", "carryout help"
		if usage.command != "" {
			name, help = name+" "+usage.command, name+" "+usage.command+" -h"
		}
		fmt.Fprintf(w, "%s: %s\nRun %q for how to use it.\n", name, usage.text, help)
		return exitUsage
	case errors.As(err, &stopped):
		fmt.Fprintln(w, "carryout: "+stopped.advice)
		return exitInterrupted
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(w, "carryout: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(w, "carryout: "+printable(trouble(err)))
	return exitFailed
}
