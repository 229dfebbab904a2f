package work

import (
	"context"
	"errors"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/store"
)

// Discard removes the file of a job after say has recorded that it goes. It
// returns what came of the record, and what came of the file.
//
// The record comes first: a crash between the two leaves a file without a job,
// which the sweep removes, and never a job without its file. Only where there
// is no room for the record ([store.ErrFull]) does the file go first, to make
// some, and the record is tried once more. If that fails too, because the
// store lies on another disk, the job stands as it was and its file is gone:
// who asks for it is told so, and whoever called Discard calls it again later.
func Discard(ctx context.Context, files artifact.Store, id jobs.ID, say func(context.Context, jobs.ID) error) (recorded, removed error) {
	recorded = say(ctx, id)
	if recorded != nil && !errors.Is(recorded, store.ErrFull) {
		return recorded, nil
	}
	failpoint.At("discard-recorded")
	removed = files.Remove(ctx, id)
	failpoint.At("discarded")
	if recorded != nil {
		recorded = say(ctx, id)
	}
	return recorded, removed
}
