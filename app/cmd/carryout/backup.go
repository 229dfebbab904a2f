package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"example.org/carryout/app/server"
	"example.org/carryout/views/human"
)

func backup() command {
	return command{
		name: "backup", args: "[-data DIR] FILE", short: "save a copy of a server's database",
		long: `
Backup writes the database of a server, which may run meanwhile, into FILE: all
jobs and their histories, as they stand at one moment. FILE gets its name when
the copy is whole, checked and on the disk; one that is there is not replaced.

The exported files are not in it. They lie in artifacts/ready of the data folder
and never change, so whatever copies files will do for them, after the backup.

To restore it: stop the server, move carryout.db, carryout.db-wal and
carryout.db-shm out of the data folder, copy FILE there as carryout.db, and start
the server. It removes the files of jobs that the backup does not know, and runs
again what was under way. "carryout check" names files that are missing.`,
		setup: func(sh shell, flags *flag.FlagSet) action {
			data := dataFlag(flags)
			return func(ctx context.Context, args []string) error {
				if err := exactly(1, args, "the file to write to"); err != nil {
					return err
				}
				if args[0] == "" {
					return &usageError{text: "the file to write to has no name"}
				}
				if err := complete(flags, sh.env); err != nil {
					return &usageError{text: err.Error()}
				}
				to := args[0]
				if err := server.Backup(ctx, *data, to); err != nil {
					return err
				}
				info, err := os.Stat(to)
				if err != nil {
					return fmt.Errorf("looking at the backup: %w", err)
				}
				fmt.Fprintf(sh.out, "%s is here, %s, checked\n", printable(to), human.Bytes(info.Size()))
				fmt.Fprintf(sh.err, "To restore it: %s.\n", printable(server.Restore(*data, to)))
				return nil
			}
		},
	}
}
