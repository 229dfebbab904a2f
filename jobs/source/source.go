// Package source says what can be exported, and how it is read: as [Files] or
// as [Rows].
//
// A [Source] is configured by the operator under a name. It is described to
// people ([Source.About], [Folder], [Database]), asked whether a spec can work
// ([Source.Check]), and opened for one job ([Source.Open]). What is to be read
// is found out first ([Files.Plan], [Rows.Count]), so that progress is honest
// and an interrupted job can go on.
//
// Paths are slash separated and below the source's root, sizes are bytes,
// times UTC.
//
// What cannot be read is never passed over in silence: it is a [jobs.Warning]
// where the rest can go on, a [*jobs.Failure] where it cannot, and a
// [*jobs.SpecError] where the request was at fault.
package source

import (
	"context"

	"example.org/carryout/jobs"
)

// A Source is something that can be exported. Its methods may be called by
// many goroutines at a time.
type Source interface {
	// About says what the source holds, in numbers that may be a while old. It
	// answers at once, and leaves unknown what it does not know yet.
	About(ctx context.Context) (About, error)

	// Check returns a *jobs.SpecError if spec asks for what this source does
	// not have. It does not look at the format.
	Check(ctx context.Context, spec jobs.Spec) error

	// Open makes what spec asks for ready to be read. The caller closes it. It
	// returns a *jobs.Failure if the source is gone.
	Open(ctx context.Context, spec jobs.Spec) (Data, error)

	// Close ends what the source holds open, when no Data is open any more.
	Close() error
}

// Kind says what a source is.
type Kind string

// The kinds of sources.
const (
	KindFolder   Kind = "folder"   // read as Files; is a [Folder] too
	KindDatabase Kind = "database" // read as Rows; is a [Database] too
)

// About describes a source.
type About struct {
	Kind  Kind
	Items jobs.Maybe[int64] // files, or tables
	Bytes jobs.Maybe[int64] // of a folder's files, or of a database as it lies on disk
}

// A Folder is a Source whose selection is paths.
type Folder interface {
	// Children lists what lies directly in the folder at path, folders first,
	// then by name, at most n of them, and says whether there are more. "" is
	// the root. It returns a *jobs.SpecError for a path that is no folder of
	// the source.
	Children(ctx context.Context, path string, n int) (nodes []Node, more bool, err error)
}

// A Node is one thing in a Folder.
type Node struct {
	Name   string // the last part of its path
	Path   string // below the source's root
	Folder bool
	Size   int64 // of a file
}

// A Database is a Source whose selection is a table or view, and columns.
type Database interface {
	// Tables lists what can be exported, by name.
	Tables(ctx context.Context) ([]Table, error)

	// Preview returns the first n rows of a table as text for people; NULL is
	// "NULL" and long values are cut. It gives up after a second and returns
	// what it has by then.
	Preview(ctx context.Context, table string, n int) ([][]string, error)
}

// A Table is one table or view of a Database.
type Table struct {
	Name    string
	View    bool
	Rows    jobs.Maybe[int64] // as last counted
	Columns []Column
}

// A Column is one column of a Table, or of Rows.
type Column struct {
	Name string
	Type string // as declared; may be empty
}

// Data is what a Source has opened: exactly one of its fields is set.
type Data struct {
	Files Files
	Rows  Rows
}

// Close closes whichever is open.
func (d Data) Close() error {
	if d.Files != nil {
		return d.Files.Close()
	}
	return d.Rows.Close()
}
