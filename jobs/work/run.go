package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/store"
)

// Run does the work of one job and returns the file it made. It returns soon
// after ctx is done. If the job was taken away, the cause of ctx is
// jobs.ErrLost.
type Run func(ctx context.Context, t Task) (jobs.File, error)

// A Task is one attempt of a job.
type Task struct {
	store.Lease              // with the cursor of the attempt before, if there is one
	Meter       *meter.Meter // on which the work is counted

	// Keep makes cursor durable, so that an attempt after this one can go on
	// from there. What the cursor speaks of must be durable before. It returns
	// jobs.ErrLost if the job belongs to somebody else; after any other error
	// the work may go on.
	Keep func(ctx context.Context, cursor []byte) error

	// Stopping is closed when the run should keep a cursor as soon as it can
	// and return ErrStopped. If it does not, ctx ends a moment later.
	Stopping <-chan struct{}

	// Rest says that the run does nothing from here on but wait, and lets its
	// worker begin with another job. It may be called more than once.
	Rest func()
}

// ErrAgain is returned by a Run that has waited in vain for what another job
// makes: its job goes back to its place in the queue.
var ErrAgain = errors.New("what the run has waited for did not come")

// ErrStopped is returned by a Run that has kept its cursor and stopped because
// it was asked to.
var ErrStopped = errors.New("the run was asked to stop")

// internal is all that people are told of a fault of ours.
var internal = jobs.Failure{
	Code:    "internal",
	Message: "Something went wrong on our side. Try again; if it fails again, tell whoever runs this server.",
}

// run calls p.Run and turns its panic into an error, so that it fails one job
// and not the server.
func (p *Pool) run(ctx context.Context, t Task, log *slog.Logger) (file jobs.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			log.Error("panic in a job", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return p.Run(ctx, t)
}
