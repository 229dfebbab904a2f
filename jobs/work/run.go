package work

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/store"
)

// internal is all that people are told of a fault of ours.
var internal = jobs.Failure{
	Code:    "internal",
	Message: "Something went wrong on our side. Try again; if it fails again, tell whoever runs this server.",
}

// run calls p.Run and turns its panic into an error, so that it fails one job
// and not the server.
func (p *Pool) run(ctx context.Context, l store.Lease, m *meter.Meter, log *slog.Logger) (file jobs.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			log.Error("panic in a job", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return p.Run(ctx, l, m)
}
