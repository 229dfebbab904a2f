package main

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/term"

	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
)

// A display shows how an export and its download come along.
type display interface {
	job(j jobs.Job, e jobs.Event)
	download(name string, done, total int64)
	note(text string) // shows a line that stays
	end()             // leaves the cursor at the start of a line
}

// newDisplay draws on a terminal, and prints lines for everybody else.
func newDisplay(sh shell) display {
	file, ok := sh.err.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(file.Fd())) || sh.env("TERM") == "dumb" {
		return &lines{out: sh.err, now: sh.now}
	}
	width := func() int {
		w, _, err := term.GetSize(int(file.Fd()))
		if err != nil || w <= 0 {
			return 80
		}
		return w
	}
	return &bar{out: sh.err, now: sh.now, width: width}
}

// lines prints a line for everything that happens, but of progress only one a
// second: of the job's by the time at which it was made, so that a history reads
// the same as what was followed.
type lines struct {
	out        io.Writer
	now        func() time.Time
	worked     time.Time // of the last line of progress
	downloaded time.Time // of the last line of a download
}

func (l *lines) job(_ jobs.Job, e jobs.Event) { l.event(e) }

func (l *lines) event(e jobs.Event) {
	if e.Kind != jobs.KindProgress || due(&l.worked, e.At) {
		l.note(line(e))
	}
}

func (l *lines) download(_ string, done, total int64) {
	if done == total || done > 0 && due(&l.downloaded, l.now()) {
		l.note("downloaded " + human.Bytes(done) + " of " + human.Bytes(total))
	}
}

func (l *lines) note(text string) { fmt.Fprintln(l.out, text) }

func (l *lines) end() {}

// due reports whether it is time for the next line, and if so keeps when.
func due(last *time.Time, now time.Time) bool {
	if since := now.Sub(*last); since >= 0 && since < perLine {
		return false
	}
	*last = now
	return true
}
