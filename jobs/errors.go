package jobs

import "errors"

// Facts that every store and every place for artifacts reports, bare or
// wrapped.
var (
	ErrNotFound  = errors.New("no such job")
	ErrLost      = errors.New("the lease on this job is lost")
	ErrKeyReused = errors.New("the idempotency key belongs to another request")
)

// A StateError reports an event that the job's state does not allow.
type StateError struct {
	State State
	Kind  Kind
}

func (e *StateError) Error() string {
	if e.State == "" {
		return "a job cannot begin with " + string(e.Kind)
	}
	return "a job that is " + string(e.State) + " cannot become " + string(e.Kind)
}

// A SpecError reports a spec that cannot work, and which field of it is at
// fault.
type SpecError struct {
	Field   string // as it is called in a request, such as "paths"
	Code    string // stable, such as "unknown_source"
	Message string // a sentence for people, which says what to do
}

func (e *SpecError) Error() string { return e.Field + ": " + e.Message }

// A Failure is why a job failed, in words for people. A run that returns one
// as its error fails with it; any other error is the server's own fault, which
// people are told without its details.
type Failure struct {
	Code    string // stable, such as "source_gone"
	Message string // a sentence, which says what to do
}

func (f *Failure) Error() string { return f.Message }
