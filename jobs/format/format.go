// Package format turns what a source holds into one file, one [Format] for each
// kind of file.
//
// A format reads a frozen plan, writes to the [artifact.Writer] of its [Task]
// and nowhere else, and tells the task's meter what it has done. What it
// writes depends on the plan, the data and the options alone: not on the
// clock, not on the number of workers. So the same request over unchanged data
// is the same file.
//
// Sizes are bytes; times in archives are UTC.
//
// What cannot be read becomes a warning and a line in the archive's
// EXPORT-REPORT.txt; what makes the file impossible is returned as an error, a
// [*jobs.Failure] where people can do something about it. A format returns soon
// after its context is done.
package format

import (
	"context"

	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
)

// A Format is a kind of file. Exactly one of Files and Rows is set.
type Format struct {
	Name    string // in a spec, such as "tar.zst"
	Title   string // for people, such as "ZIP archive"
	Hint    string // what it is good for, in a few words
	Ext     string // of the file's name, with its dot
	Media   string // media type (IANA)
	Version int    // of the encoder: another one cannot go on with a checkpoint
	Options []Option

	Files func(ctx context.Context, t Task, in source.Files) error
	Rows  func(ctx context.Context, t Task, in source.Rows) error
}

// An Option is something about a Format that a spec may choose.
type Option struct {
	Name    string
	Title   string
	Values  []Choice
	Default string
}

// A Choice is one value of an Option.
type Choice struct{ Value, Title string }

// A Task is one file to be made.
type Task struct {
	Out     *artifact.Writer
	Meter   *meter.Meter
	Options map[string]string // every option of the format has a value
	Workers int               // goroutines that may compress at a time, at least 1
	Rate    int64             // bytes a second that the source gives at most, as far as is known; 0: not known

	// From is what the format gave to Save when the run before this one was
	// interrupted, nil at the start. Out then stands where it stood.
	From []byte

	// Save keeps a checkpoint: the place in the plan, and what else the format
	// needs to go on from the bytes written so far. A format calls it wherever
	// the file may be cut; whether it is time to write one is Save's to decide.
	// nil: nothing is kept.
	Save func(state func() []byte) error
}
