// Command carryout is the export server, and its client for the terminal.
//
// Every subcommand is a [command]: it declares its flags and returns the
// function that does the work. What a command has of the world comes to it in
// a [shell], so that tests can run it whole.
//
// Results go to standard output, what happens on the way and what went wrong
// to standard error. The exit status is 0 for success, 1 for a failure, 2 for
// wrong usage, and 130 when it was interrupted.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, restore) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}
