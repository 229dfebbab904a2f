package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"time"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

// perLine is how often a line tells of progress.
const perLine = time.Second

func watch() command {
	return command{
		name: "watch", args: "[-server URL] [-json] JOB-URL", short: "follow an export until it is done",
		long: `
Watch prints what has happened to an export, one event a line, and then what
happens, until it is done. It goes on across broken connections. Of progress
there is one line a second; with -json there is every event, as
{"id":3,"event":"progress","data":{...}}.

The exit status is 0 if the file is ready, and 1 if the export failed or was
canceled.`,
		setup: func(sh shell, flags *flag.FlagSet) action {
			r := remoteFlag(sh, flags)
			asJSON := flags.Bool("json", false, "print JSON, one event a line")
			return r.named(func(ctx context.Context, c *client.Client, id jobs.ID) error {
				if _, err := c.Job(ctx, id); err != nil {
					return err // at once, where following would be patient
				}
				show := (&lines{out: sh.out, now: sh.now}).event
				if *asJSON {
					show = func(e jobs.Event) { printEvent(sh, e) }
				}
				j, err := follow(ctx, c, jobs.Job{ID: id}, func(_ jobs.Job, e jobs.Event) { show(e) })
				if err != nil {
					return err
				}
				if j.State == jobs.Expired {
					return nil // it was ready
				}
				return outcome(j)
			})
		},
	}
}

// follow tells of what happens to j after its last event, and returns it as it
// stands in the end.
func follow(ctx context.Context, c *client.Client, j jobs.Job, tell func(jobs.Job, jobs.Event)) (jobs.Job, error) {
	for e, err := range c.Events(ctx, j.ID, j.LastEvent) {
		if err != nil {
			return j, err
		}
		if next, err := j.Apply(e); err == nil {
			j = next
		} // else it is of a kind that this program does not know yet
		tell(j, e)
	}
	if j.State.Done() {
		return j, nil
	}
	j, err := c.Job(ctx, j.ID)
	if err == nil && !j.State.Done() {
		err = fmt.Errorf("the server told no more of this export, although it is still %s; try again", j.State)
	}
	return j, err
}

func printEvent(sh shell, e jobs.Event) {
	b, err := json.Marshal(struct {
		ID    int64           `json:"id"`
		Event jobs.Kind       `json:"event"`
		Data  json.RawMessage `json:"data"`
	}{e.Seq, e.Kind, wire.AppendData(nil, e)})
	if err != nil {
		panic("carryout: " + err.Error()) // what wire has written is JSON
	}
	fmt.Fprintf(sh.out, "%s\n", b)
}
