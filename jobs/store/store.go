// Package store says what is asked of whoever keeps the jobs: one interface
// for each side from which a store is seen.
//
// The promises stand at the methods, and the suite jobs/storetest checks them on
// every adapter. Three hold everywhere. What a method has returned without an error
// is durable, but for Tell. Each job's events are numbered from 1, strictly
// increasing, and no number is ever used twice, not even across a crash. And nobody
// is told of an event ([Notify]) before it is durable.
//
// Errors are those of the package jobs (ErrNotFound, ErrLost, ErrKeyReused,
// *StateError), *LimitError, the context's, or the store's own trouble.
package store

import (
	"context"
	"time"

	"example.org/carryout/jobs"
)

// A Board is the side of a store that people see.
type Board interface {
	// Submit adds a job. If o.Key is not empty and o.Owner has used it before,
	// it returns the job of the first time and existed; jobs.ErrKeyReused if
	// that job has another spec. With o.Made the job is ready at once, and its
	// history says so: queued, started, ready, in one transaction. Otherwise it
	// returns a *LimitError if the owner has as many jobs in the queue as is
	// allowed.
	Submit(ctx context.Context, spec jobs.Spec, o SubmitOptions) (j jobs.Job, existed bool, err error)

	// Job returns a job as it stands, its Place counted now, or
	// jobs.ErrNotFound.
	Job(ctx context.Context, id jobs.ID) (jobs.Job, error)

	// Find returns the job for which owner has used an idempotency key, or
	// jobs.ErrNotFound.
	Find(ctx context.Context, owner, key string) (jobs.Job, error)

	// Made returns at most n ready jobs whose file has that key, which is not
	// empty, the newest first.
	Made(ctx context.Context, key string, n int) ([]jobs.Job, error)

	// List returns a page of jobs, newest first, and the cursor of the next
	// page, empty after the last one. It returns ErrCursor for a cursor that it
	// did not make.
	List(ctx context.Context, f Filter) (page []jobs.Job, next string, err error)

	// Cancel ends a queued or running job, and returns a *jobs.StateError for
	// any other. The worker that holds it learns of it by Lease.Lost.
	Cancel(ctx context.Context, id jobs.ID, reason string) (jobs.Job, error)

	// Retry puts a failed or canceled job back into the queue, with the cursor
	// that it has, and returns a *jobs.StateError for any other. It returns a
	// *LimitError if the owner has as many there as is allowed.
	Retry(ctx context.Context, id jobs.ID) (jobs.Job, error)

	// Delete removes a job and its history, whatever its state. Its worker
	// learns of it by Lease.Lost. The file is the caller's to remove.
	Delete(ctx context.Context, id jobs.ID) error

	// Count returns how many jobs there are in each state. States without jobs
	// may be missing.
	Count(ctx context.Context) (map[jobs.State]int64, error)

	// CountOf is Count for the jobs of one owner.
	CountOf(ctx context.Context, owner string) (map[jobs.State]int64, error)
}

// A Queue is the side of a store that workers see.
type Queue interface {
	// Claim waits until a job is free and starts it: the event KindStarted,
	// whose progress is what was done at the cursor, and a fence above all
	// earlier ones of that job. The job that has waited longest comes first, one
	// whose lease has run out before it; a job whose owner has as many running
	// as is allowed is passed over. It returns the context's error when ctx ends
	// before a job is had; then none is held.
	Claim(ctx context.Context, worker string) (Lease, error)

	// Append adds events to the history of the job that l holds, renews l, and
	// keeps cursor with them (nil leaves it as it was) until the job is ready,
	// and with the cursor what is done by then: the job's progress after events.
	// The store gives the events their Job, Seq and, where it is zero, At. An event that takes the
	// job out of the state running ends l. It returns jobs.ErrLost, and adds
	// nothing, if l has ended or its fence has been passed.
	Append(ctx context.Context, l Lease, cursor []byte, events ...jobs.Event) error

	// Tell has the history of the job that l holds soon say how the work goes, by
	// an event KindProgress, and renews l. It does not wait: this is the one thing
	// that a crash may take back, of which nobody has heard by then. What was told
	// of the same job a moment ago may be left out for it. What comes to Append
	// later comes later in the history. Tell returns jobs.ErrLost if l has ended
	// or its fence has been passed, and adds nothing; and so it does with the
	// error that has kept the store from adding what was told before.
	Tell(l Lease, p jobs.Progress) error

	// Renew keeps the leases in held from running out. It returns an error for
	// each, nil or jobs.ErrLost, and one of its own if it failed as a whole.
	Renew(ctx context.Context, held []Lease) ([]error, error)

	// Recover puts all running jobs back into the queue with that reason, and
	// returns how many there were. It is for the start of a server, when no
	// worker can be alive. A job that has been started as often as is allowed
	// fails instead, here and when its lease runs out, with the code GaveUp.
	Recover(ctx context.Context, reason string) (int, error)
}

// GaveUp is the code of the failure of a job that has lost its worker too
// often.
const GaveUp = "gave_up"

// A Log is a store's memory.
type Log interface {
	// Events returns at most n events of a job with numbers greater than after,
	// oldest first. None and nil: nothing has happened since. It returns
	// jobs.ErrNotFound if there is no such job.
	Events(ctx context.Context, id jobs.ID, after int64, n int) ([]jobs.Event, error)
}

// A Shelf is the side of a store that the sweeper sees.
type Shelf interface {
	// Due returns at most n ready jobs whose time is over, the longest overdue
	// first. A file is kept for as long as there was between the At and the
	// Expires of its job's KindReady. That is time that passes, also while the
	// server is down: no setting of the machine's clock shortens or lengthens it.
	Due(ctx context.Context, n int) ([]jobs.ID, error)

	// NextDue returns in how long the next ready job's time is over, and whether
	// there is any whose time ends.
	NextDue(ctx context.Context) (in time.Duration, any bool, err error)

	// Expire records that the file of a ready job is to be removed, because its
	// time is over. It returns a *jobs.StateError for any other job.
	Expire(ctx context.Context, id jobs.ID) error

	// Evict is Expire for another reason, which the history of the job tells.
	Evict(ctx context.Context, id jobs.ID, reason string) error

	// Downloaded takes note that somebody has the file of a ready job. Of a job
	// that is not ready, or not there any more, there is nothing to note.
	Downloaded(ctx context.Context, id jobs.ID) error

	// Spent returns at most n ready jobs whose files have been downloaded, first
	// that of which this is the longest ago.
	Spent(ctx context.Context, n int) ([]jobs.ID, error)

	// Forget removes the jobs that have been failed, canceled or expired for
	// longer than after, with their histories, and returns how many there were.
	// That is time that passes, as with Due, since the first call that has found
	// the job so: it is meant to be called again and again. Where it fails some
	// may be gone.
	Forget(ctx context.Context, after time.Duration) (n int, err error)
}

// A Press keeps what was published on the feed.
type Press interface {
	// Keep adds messages, whose numbers are greater than all before. It may
	// forget the oldest when there are more than it was told to keep.
	Keep(ctx context.Context, messages []Message) error

	// Messages returns at most n messages with numbers greater than after,
	// oldest first.
	Messages(ctx context.Context, after int64, n int) ([]Message, error)

	// LastMessage returns the number of the newest message ever kept, or 0.
	LastMessage(ctx context.Context) (int64, error)
}

// A Store plays all the parts.
type Store interface {
	Board
	Queue
	Log
	Shelf
	Press
}

// SubmitOptions go with a spec, but are no part of it.
type SubmitOptions struct {
	Owner string
	Key   string // idempotency key of the owner; empty: none
	Made  *Made  // nil: the job is to be done
}

// Made is what is known of a job whose file is there before the job is.
type Made struct {
	ID       jobs.ID // of the job to be, under which its file is kept already
	File     jobs.File
	Expires  time.Time
	Progress jobs.Progress // the final counts
}

// Filter says which jobs to list. Its zero value lists them all.
type Filter struct {
	Owner string     // empty: everybody's
	State jobs.State // empty: any
	After string     // the cursor of this page; empty: from the newest
	Limit int        // jobs a page; 0: 50
}

// A Lease is a worker's hold on a job.
type Lease struct {
	Job    jobs.Job
	Worker string
	Fence  int64  // grows with every claim of the job; every write carries it
	Cursor []byte // what the last Append with a cursor kept; nil: none

	// Lost is closed when the store has taken the job away: it was canceled,
	// deleted, or given to another. It is a hint that comes at once; what
	// counts is jobs.ErrLost from the next write. It may be nil.
	Lost <-chan struct{}
}

// A Message is something that was published on the feed.
type Message struct {
	Seq  int64  // its number on the feed
	Name string // of the event it is sent as
	Data string
}

// A Change is what one transaction did to one job.
type Change struct {
	Job     *jobs.Job    // as it stands after it; of a deleted job: as it was; never changed by anybody, since all share it
	Events  []jobs.Event // what was added to its history, in order
	Deleted bool
}

// Notify is told of changes after they are durable, in the order in which they
// were made, by one goroutine at a time. It must return soon, and leaves the slice
// to whoever calls it; what is in it may be kept.
type Notify func([]Change)
