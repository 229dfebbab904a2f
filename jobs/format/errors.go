package format

import "errors"

// ErrCheckpoint reports a Task.From that the format cannot go on from, so that
// the work has to start over.
var ErrCheckpoint = errors.New("the format cannot go on from this checkpoint")
