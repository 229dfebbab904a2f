package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
	"example.org/carryout/views/words"
)

func cancel() command {
	return command{
		name: "cancel", args: "[-server URL] JOB-URL", short: "end an export that waits or runs",
		long:  `Cancel ends an export that waits or runs. "carryout retry" puts it back.`,
		setup: change((*client.Client).Cancel),
	}
}

func retry() command {
	return command{
		name: "retry", args: "[-server URL] JOB-URL", short: "try an export again that failed or was canceled",
		long:  `Retry puts an export back into the queue that failed or was canceled.`,
		setup: change((*client.Client).Retry),
	}
}

// change does one thing to one job and prints how it stands then.
func change(do func(*client.Client, context.Context, jobs.ID) (jobs.Job, error)) func(shell, *flag.FlagSet) action {
	return func(sh shell, flags *flag.FlagSet) action {
		r := remoteFlag(sh, flags)
		return r.named(func(ctx context.Context, c *client.Client, id jobs.ID) error {
			j, err := do(c, ctx, id)
			if err != nil {
				return err
			}
			fmt.Fprintf(sh.out, "%s  %s\n", strings.ToLower(printable(words.State(j))), c.JobURL(id))
			return nil
		})
	}
}
