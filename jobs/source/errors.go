package source

import "errors"

// ErrChanged reports a file that is no longer what the plan has of it.
var ErrChanged = errors.New("the file is no longer what was planned")
