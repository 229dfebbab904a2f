package store

import "strconv"

// Limits are what one owner may ask of a store. 0: as much as there is.
type Limits struct {
	// Queued is how many jobs of an owner may wait. Submit and Retry hold to it,
	// however many call them at the same time. Jobs that were interrupted go
	// back into the queue even so.
	Queued int

	// Running is how many jobs of an owner may run at a time. Claim passes over
	// the others, which keep their places and are claimed as soon as one that
	// runs has ended.
	Running int
}

// A LimitError reports that a job was not taken because its owner has as many
// in the queue as is allowed.
type LimitError struct {
	Queued int // how many that is
}

func (e *LimitError) Error() string {
	return "there are " + strconv.Itoa(e.Queued) + " jobs of this owner in the queue, and no more may be"
}
