package artifact

import "errors"

// Facts that every place for artifacts reports, wrapped or not.
var (
	// ErrStale reports a checkpoint whose staged file is gone, damaged or
	// somebody else's, so that the work has to start over.
	ErrStale = errors.New("the unfinished file does not fit its checkpoint")

	// ErrFull reports that there is no room for what was to be written.
	ErrFull = errors.New("there is no room for the file")
)
