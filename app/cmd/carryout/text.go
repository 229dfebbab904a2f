package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/views/words"
)

// printable is text without what would move the cursor or color the terminal:
// names of files may hold anything.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// line is an event as a line of output.
func line(e jobs.Event) string {
	return e.At.UTC().Format(time.TimeOnly) + "  " + printable(words.Line(e))
}

// outcome is the error of a job that has no file to offer.
func outcome(j jobs.Job) error {
	switch j.State {
	case jobs.Failed:
		return errors.New("the export failed: " + j.Failure.Message)
	case jobs.Canceled:
		if j.Reason == "" {
			return errors.New("the export was canceled")
		}
		return errors.New("the export was canceled: " + j.Reason)
	case jobs.Expired:
		return errors.New("the file of this export has expired and was removed; ask for the export again")
	}
	return nil
}
