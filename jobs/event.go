package jobs

import "time"

// Kind says what happened.
type Kind string

// The kinds of events. Beside each stands what such an [Event] carries.
const (
	KindQueued   Kind = "queued"   // Owner, Spec, Place; once more for every retry
	KindStarted  Kind = "started"  // Attempt, Progress (what is already done)
	KindProgress Kind = "progress" // Progress
	KindWarning  Kind = "warning"  // Warning
	KindRequeued Kind = "requeued" // Reason, Place, Forgiven
	KindReady    Kind = "ready"    // File, Expires, Progress (the final counts)
	KindFailed   Kind = "failed"   // Failure
	KindCanceled Kind = "canceled" // Reason
	KindExpired  Kind = "expired"  // Reason; empty: its time was over

	// KindReset is told to a follower and never kept: it stands for the whole
	// history, of which the follower gave a number that the log cannot go on
	// from. It carries the Job.
	KindReset Kind = "reset"
)

// Ends reports whether k ends the assembly of a job, so that nobody need
// follow it any further.
func (k Kind) Ends() bool {
	return k == KindReady || k == KindFailed || k == KindCanceled || k == KindExpired
}

// Event is one line of a job's history. Which fields count beside the first
// four, its Kind says.
type Event struct {
	Job  ID
	Seq  int64 // counts from 1 and is never used twice; the id of the event on a stream
	At   time.Time
	Kind Kind

	Owner    string
	Spec     Spec
	Place    int
	Attempt  int
	Progress Progress
	Warning  Warning
	Reason   string
	Forgiven bool // the attempt does not count: it was ended by a stop of the server
	File     File
	Expires  time.Time
	Failure  Failure
	Reset    *Job
}

// Warning tells of something that the finished file does not hold as the
// source had it, or of the work on it ([Warning.OfFile]).
type Warning struct {
	Code    string // stable, such as "unreadable"
	Path    string // of what it is about, below the source's root; may be empty
	Message string // a sentence for people
	Count   int64  // how many cases it stands for; 0 counts as 1
}

// The codes of warnings that tell of the work on a job.
const (
	PausedDiskFull  = "paused_disk_full"  // it waits for room on a disk
	PausedSpaceFull = "paused_space_full" // it waits for room among what all files may take up
	StartedOver     = "started_over"      // an attempt has begun anew
)

// OfFile reports whether w tells of the file. Else it tells of the work on it,
// and of nothing that is missing, so it does not count.
func (w Warning) OfFile() bool {
	return w.Code != PausedDiskFull && w.Code != PausedSpaceFull && w.Code != StartedOver
}

// from lists, for each kind, the states in which it may happen.
func (k Kind) from() []State {
	switch k {
	case KindQueued:
		return []State{"", Failed, Canceled}
	case KindStarted:
		return []State{Queued}
	case KindProgress, KindWarning, KindRequeued, KindReady, KindFailed:
		return []State{Running}
	case KindCanceled:
		return []State{Queued, Running}
	case KindExpired:
		return []State{Ready}
	}
	return nil
}

// Follows reports whether an event of kind k may happen to a job in state s.
func (k Kind) Follows(s State) bool {
	for _, from := range k.from() {
		if s == from {
			return true
		}
	}
	return false
}
