// Package artifact keeps finished files, and unfinished ones on their way.
//
// A [Store] is a place for bytes: a folder, later a bucket. A [Writer] stands
// before it while a file is made and hashes what passes: the whole file, and
// every block of it ([BlockSize]), so that a reader can check a download while
// it comes and mend only what broke. A file is staged until [Writer.Commit]
// has made it durable under its job's ID; before that nobody can open it.
//
// Sizes are bytes. Hashes are SHA-256 (FIPS 180-4,
// https://csrc.nist.gov/pubs/fips/180-4/upd1/final).
//
// A write error stays: every later call of the Writer returns it, and nothing
// is committed.
package artifact

import (
	"context"
	"io"
	"iter"
	"time"

	"example.org/carryout/jobs"
)

// BlockSize is the length of each hashed block but the last.
const BlockSize = 1 << 20

// A Store is a place for artifacts. Its methods may be called by many
// goroutines at a time. The suite jobs/artifact/artifacttest checks what they
// promise on every adapter.
type Store interface {
	// Stage begins the file of a job, or goes on with it: with the mark of a
	// Staged.Checkpoint the file is cut to what that mark stands for. It
	// returns ErrStale if such a file is not there any more, or if someone is
	// still writing it. Two files staged for one job do not disturb each
	// other while they are written; one that was left is removed when another
	// is begun.
	Stage(ctx context.Context, id jobs.ID, mark []byte) (Staged, error)

	// Open opens a finished file, or returns jobs.ErrNotFound. It can be read
	// to its end even if it is removed meanwhile.
	Open(ctx context.Context, id jobs.ID) (Artifact, error)

	// Link gives the finished file of a job to another job too, without copying
	// what it holds, in place of an earlier one. Each is removed by itself. It
	// returns jobs.ErrNotFound if there is no such file.
	Link(ctx context.Context, from, to jobs.ID) error

	// Remove removes a finished file, and whatever is staged for its job. Who is
	// still writing that can write on, but not commit it. It is no error if
	// there is none.
	Remove(ctx context.Context, id jobs.ID) error

	// Used returns how many bytes all files take up here: the finished ones
	// together, of which several jobs' links to one file count once, and the
	// unfinished ones of each job.
	Used(ctx context.Context) (finished int64, unfinished map[jobs.ID]int64, err error)

	// Keys yields the jobs that have a finished file here.
	Keys(ctx context.Context) iter.Seq2[jobs.ID, error]

	// SweepStaged removes every staged file that no one can go on with: those
	// that this Store is not writing itself and for which keep is false.
	SweepStaged(ctx context.Context, keep func(jobs.ID) bool) (removed int, err error)
}

// Staged is a file on its way. One goroutine uses it.
//
// After ErrFull it may go on as soon as there is room: Write with what it has
// not written, Checkpoint and Commit as they were. Where the error is ErrStale
// too, what came after the last mark may be lost, and only another Stage with
// that mark goes on.
type Staged interface {
	io.Writer

	// ReadAt reads what has been written. Many goroutines may call it at a
	// time, while nothing is written.
	io.ReaderAt

	// Size returns how many bytes it holds.
	Size() int64

	// Checkpoint makes what has been written durable and returns a mark by
	// which Store.Stage finds it again after a crash.
	Checkpoint() (mark []byte, err error)

	// Commit makes the file durable and gives it to whoever opens its job,
	// in place of an earlier one. Afterwards the Staged is done with.
	Commit(ctx context.Context, d Digest) error

	// Abort throws the file away. After a Commit that went well it does
	// nothing.
	Abort() error

	// Leave closes the file and lets it lie, so that the last mark can be gone
	// on from. After a Commit that went well it does nothing.
	Leave() error
}

// A Digest is what was found out about a file while it was written.
type Digest struct {
	Size   int64
	SHA256 [32]byte
	Blocks [][32]byte // of each block, in order
}

// An Artifact is a finished file that is open.
type Artifact struct {
	io.ReadSeekCloser
	Digest
	ModTime time.Time
}
