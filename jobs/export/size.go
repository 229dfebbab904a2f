package export

import (
	"errors"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/views/human"
)

// tooLarge is the code of an export whose file would be larger than MaxSize.
const tooLarge = "too_large"

// limit keeps a file from growing beyond MaxSize. Where the plan tells that it
// would, nothing need be written to find that out.
func (a *assembly) limit(out *artifact.Writer) error {
	if a.MaxSize <= 0 {
		return nil
	}
	over := &jobs.Failure{Code: tooLarge, Message: "The file would be larger than the " + human.Bytes(a.MaxSize) +
		" that one export may have here. Ask for less of it at a time."}
	if in, ok := a.data.Files.(planned); ok && a.format.Stores(a.task.Job.Spec.Options) && in.plan.Bytes > a.MaxSize {
		return over
	}
	out.Limit(a.MaxSize, over)
	return nil
}

// isTooLarge reports whether a file did not fit, so that there is no point in
// going on with it.
func isTooLarge(err error) bool {
	var failure *jobs.Failure
	return errors.As(err, &failure) && failure.Code == tooLarge
}
