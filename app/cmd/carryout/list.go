package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
	"example.org/carryout/views/words"
)

func list() command {
	return command{
		name: "list", args: "[-server URL] [-n N] [-state STATE] [-json]", short: "show the exports, newest first",
		long: `
List shows the exports of a server, newest first, one a line: when it was asked
for, how it stands, what it is, and its address. With -json each line is the
job as the server has it.`,
		setup: func(sh shell, flags *flag.FlagSet) action {
			r := remoteFlag(sh, flags)
			n := flags.Int("n", 20, "how many at most; 0: all")
			state := flags.String("state", "", "only those in `STATE`: queued, running, ready, failed, canceled or expired")
			asJSON := flags.Bool("json", false, "print JSON, one job a line")
			return func(ctx context.Context, args []string) error {
				if err := exactly(0, args, ""); err != nil {
					return err
				}
				if *state != "" && !slices.Contains(jobs.States(), jobs.State(*state)) {
					return &usageError{text: fmt.Sprintf("there is no state %q", *state)}
				}
				found, err := newest(ctx, r.client(r.base, r.note), jobs.State(*state), *n)
				if err != nil {
					return err
				}
				if *asJSON {
					return printJSON(sh.out, found)
				}
				return printTable(sh, r.client(r.base, r.note), found)
			}
		},
	}
}

// newest returns the first n jobs of the list, or all.
func newest(ctx context.Context, c *client.Client, state jobs.State, n int) (found []jobs.Job, err error) {
	for j, err := range c.List(ctx, state) {
		if err != nil {
			return nil, err
		}
		if found = append(found, j); len(found) == n {
			break
		}
	}
	return found, nil
}

func printJSON(w io.Writer, found []jobs.Job) error {
	for _, j := range found {
		if _, err := w.Write(append(wire.AppendJob(nil, j), '\n')); err != nil {
			return err
		}
	}
	return nil
}

func printTable(sh shell, c *client.Client, found []jobs.Job) error {
	w := tabwriter.NewWriter(sh.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CREATED\tSTATE\tDONE\tWHAT\tEXPORT")
	for _, j := range found {
		live := words.Of(j, sh.now())
		cells := []string{j.Created.Format(time.DateTime), strings.ToLower(live.State), live.Percent, words.Spec(j.Spec), c.JobURL(j.ID)}
		for i, cell := range cells {
			cells[i] = printable(cell)
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}
