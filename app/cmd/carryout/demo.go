package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"example.org/carryout/app/demo"
)

func demonstrate() command {
	return command{
		name: "demo", args: "DIR", short: "write data to try the server with",
		long: `
Demo writes a folder of some 5,000 files and the database of a shop into DIR,
the same every time. It prints what "carryout serve -source" takes; "carryout
serve -demo" does all of that by itself.`,
		setup: func(sh shell, _ *flag.FlagSet) action {
			return func(ctx context.Context, args []string) error {
				if err := exactly(1, args, "the folder to write to"); err != nil {
					return err
				}
				var last time.Time
				told := func(done float64) {
					if due(&last, sh.now()) {
						fmt.Fprintf(sh.err, "%.0f%% written\n", done*100)
					}
				}
				if err := demo.Write(ctx, args[0], told); err != nil {
					return err
				}
				for _, s := range demo.Sources(args[0]) {
					fmt.Fprintf(sh.out, "%s=%s\n", s.Name, s.Location)
				}
				return nil
			}
		},
	}
}
