package main

import (
	"context"
	"flag"
	"fmt"

	"example.org/carryout/app/server"
	"example.org/carryout/views/human"
)

func check() command {
	return command{
		name: "check", args: "[-data DIR] [-files]", short: "look for damage in a data folder",
		long: `
Check looks over the data folder of a server, which may run meanwhile: all of
its database, and that each export that is ready has its file. With -files it
reads these files too, and compares their SHA-256.

It prints what is missing or damaged, a line each, and changes nothing. The exit
status is 0 only if nothing is. Files that no export has a use for are named on
standard error; the server removes them when it starts and every hour.

Where the database is damaged, it says how to go back to a backup. An export
whose file is missing or damaged is mended by asking for it again.`,
		setup: func(sh shell, flags *flag.FlagSet) action {
			data := dataFlag(flags)
			contents := flags.Bool("files", false, "read the files too, and compare their SHA-256")
			return func(ctx context.Context, args []string) error {
				if err := exactly(0, args, ""); err != nil {
					return err
				}
				if err := complete(flags, sh.env); err != nil {
					return &usageError{text: err.Error()}
				}
				found, err := server.Check(ctx, *data, *contents)
				if err != nil {
					return err
				}
				return sh.tell(found)
			}
		},
	}
}

// dataFlag declares the flag that names a data folder.
func dataFlag(flags *flag.FlagSet) *string {
	return flags.String("data", "carryout-data", "`DIR` of the server; the environment variable CARRYOUT_DATA sets another default")
}

// tell says what was found.
func (sh shell) tell(found server.Inventory) error {
	for _, line := range found.Orphans {
		fmt.Fprintln(sh.err, "no longer needed: "+printable(line))
	}
	for _, line := range found.Wrong {
		fmt.Fprintln(sh.out, printable(line))
	}
	files := human.Of(int64(found.Files), "file", "files") + " (" + human.Bytes(found.Bytes) + ")"
	if n := len(found.Wrong); n > 0 {
		return fmt.Errorf("the database is whole, but of %s %d cannot be handed out: ask for these exports again, and delete the old ones", files, n)
	}
	fmt.Fprintf(sh.out, "the database is whole, and so are %s\n", files)
	return nil
}
