// Package jobs holds the words of the export server: what a job is, what can
// happen to it, and what went wrong when something did.
//
// A job's history is a list of events numbered from 1, and a [Job] is the fold
// of that list: [Job.Apply] is the only place where a state changes, on the
// server, in the terminal client and in the browser alike.
//
// Sizes are bytes, times are UTC with millisecond precision, and what is not
// known is a [Maybe] without a value, never a zero.
//
// The package runs in the browser too, where every kilobyte is waited for, so
// it imports nothing that formats, reflects or touches a network.
package jobs

import "time"

// ID names a job. An ID is unguessable (130 random bits) and safe in a URL
// path and in a file name: 34 characters out of A-Z and 2-7 (RFC 4648 base32), of
// which the first 8 tell the time. Older IDs are the 26 random ones alone.
type ID string

// Valid reports whether id has the form of an ID. What does not is the name of
// no job, and must not become part of a path.
func (id ID) Valid() bool {
	if len(id) != 34 && len(id) != 26 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// State is where a job stands.
type State string

// The states of a job, in the order in which it meets them.
const (
	Queued   State = "queued"
	Running  State = "running"
	Ready    State = "ready"
	Failed   State = "failed"
	Canceled State = "canceled"
	Expired  State = "expired" // was ready; its file has been removed
)

// States lists every state.
func States() []State { return []State{Queued, Running, Ready, Failed, Canceled, Expired} }

// Done reports whether the assembly is over, well or not. A job that is done
// moves on only by a retry or by its expiry.
func (s State) Done() bool { return s != Queued && s != Running && s != "" }

// Spec says what to export. Source, Table and Format name entries of the
// server's own lists, and Paths stay below the source's root: a spec never
// holds a path of the server's disk or a line of SQL.
type Spec struct {
	Source  string
	Paths   []string          // of a folder: slash separated, below its root; none means all of it
	Table   string            // of a database
	Columns []string          // of the table; none means all, in the table's order
	Format  string            // its name, such as "zip"
	Options map[string]string // of the format; those left out have their defaults
}

// Subject is what the export is called after: its one path, its source and
// table, or its source.
func (s Spec) Subject() string {
	switch {
	case s.Table != "":
		return s.Source + "-" + s.Table
	case len(s.Paths) == 1:
		if name := lastPart(s.Paths[0]); name != "" {
			return name
		}
	}
	return s.Source
}

// lastPart returns what stands after the last slash of a path, but for slashes
// at its end. A path of dots and slashes has none.
func lastPart(path string) string {
	end := len(path)
	for end > 0 && path[end-1] == '/' {
		end--
	}
	begin := end
	for begin > 0 && path[begin-1] != '/' {
		begin--
	}
	if name := path[begin:end]; name != "." && name != ".." {
		return name
	}
	return ""
}

// File is what a job made.
type File struct {
	Name   string // as the download is to be called
	Size   int64
	Type   string // media type
	SHA256 string // in lower-case hexadecimal

	// Key tells what the file was made of: files with the same key are the same.
	// Empty: that cannot be told. A store finds jobs by it; it is told to nobody.
	Key string
}

// Job is an export as it stands after its latest event.
type Job struct {
	ID        ID
	Owner     string // whoever asked for it
	Spec      Spec
	State     State
	LastEvent int64 // number of the latest event applied

	Place   int // in the queue while Queued, counting from 1; 0: not known
	Attempt int // counts the starts, from 1, but for those that a stop of the server has ended

	Created  time.Time
	Started  time.Time // of the latest attempt; zero before the first
	Finished time.Time // when it became Done; zero before
	Expires  time.Time // when the file of a Ready job is removed; zero: it is kept

	Progress Progress
	Warnings int64   // how many things were left out or changed while they were read
	Reason   string  // why it was requeued or canceled, or expired before its time
	Failure  Failure // of a Failed job
	File     File    // of a Ready or Expired job
}

// Maybe is a value that may not be known. Its zero value is not.
type Maybe[T any] struct {
	Value T
	Known bool
}

// Known returns a [Maybe] that holds v.
func Known[T any](v T) Maybe[T] { return Maybe[T]{v, true} }
