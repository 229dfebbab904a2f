package source

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"time"

	"example.org/carryout/jobs"
)

// Files are the selected part of a folder.
type Files interface {
	// Plan walks what is selected, once, following no link, and returns it in
	// the order in which it is to be read, that of [ComparePaths]: a folder,
	// then what it holds. found is told the counts while they grow.
	// What is left out (unreadable folders, FIFOs, sockets, devices) is among
	// the Plan's warnings.
	Plan(ctx context.Context, found func(items, bytes int64)) (Plan, error)

	// Open opens a regular file of the plan. It never leaves the source, not
	// even if a folder has become a link meanwhile. Errors of package io/fs
	// (fs.ErrNotExist, fs.ErrPermission) can be told by errors.Is, and
	// ErrChanged says that there is no longer a regular file. Many goroutines
	// may call it at a time, each with a file of its own. Where what it returns
	// has a Stat like that of [os.File], or a Seek, the reader makes use of it.
	Open(ctx context.Context, e Entry) (io.ReadCloser, error)

	Close() error
}

// A Plan is what Files hold, frozen.
type Plan struct {
	Entries  []Entry
	Bytes    int64 // of all regular files together
	Warnings []jobs.Warning
}

// stride is how many entries a look at a plan goes through between two looks at
// the context.
const stride = 1024

// Each yields all entries, and ends early when ctx is done: a plan may be so long
// that who has canceled its job would wait. The caller asks ctx afterwards.
func (p Plan) Each(ctx context.Context) iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		for i, e := range p.Entries {
			if i%stride == 0 && ctx.Err() != nil || !yield(i, e) {
				return
			}
		}
	}
}

// An Entry is one thing to be put into an archive.
type Entry struct {
	Path    string      // any bytes but NUL; never empty, absolute, or with "." or ".." as a part
	Mode    fs.FileMode // type and permissions: a folder, a regular file or a symbolic link
	Size    int64       // of a regular file, when it was planned
	ModTime time.Time
	Changed time.Time // when anything of it was last changed, its times included; zero: not known
	Target  string    // of a symbolic link, as it is written there
}
