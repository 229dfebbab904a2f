package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// A command is one thing that carryout can do.
type command struct {
	name  string
	args  string // that it takes, for people
	short string // what it does, in a few words
	long  string // the same in full, in lines

	// setup declares the command's flags, and returns what does the work with
	// the arguments that are no flags.
	setup func(sh shell, flags *flag.FlagSet) action
}

// An action does the work of a command.
type action func(ctx context.Context, args []string) error

// commands are all there are but help.
func commands() []command {
	return []command{serve(), get(), watch(), list(), cancel(), retry(), verify(), check(), backup(), demonstrate(), version()}
}

// dispatch finds the command and lets it work.
func dispatch(ctx context.Context, sh shell, args []string) error {
	if len(args) == 0 {
		return &usageError{text: "say what to do, such as \"serve\" or \"get\""}
	}
	switch name := args[0]; name {
	case "help", "-h", "-help", "--help":
		return help(ctx, sh, args[1:])
	case "-version", "--version":
		args = []string{"version"}
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.execute(ctx, sh, args[1:])
		}
	}
	return &usageError{text: fmt.Sprintf("there is no command %q", args[0])}
}

// execute reads the flags, wherever among the arguments they stand, and does
// the work.
func (c command) execute(ctx context.Context, sh shell, args []string) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	work := c.setup(sh, flags)
	operands, err := parse(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.usage(sh.out, flags)
		return nil
	case err != nil:
		return &usageError{c.name, err.Error()}
	}
	err = work(ctx, operands)
	var usage *usageError
	if errors.As(err, &usage) {
		usage.command = c.name
	}
	return err
}

// parse reads flags that stand before, between and after the arguments that are
// none, which it returns. After "--" nothing is a flag.
func parse(flags *flag.FlagSet, args []string) (operands []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		rest := flags.Args()
		if len(rest) == 0 {
			return operands, nil
		}
		if read := len(args) - len(rest); read > 0 && args[read-1] == "--" {
			return append(operands, rest...), nil
		}
		operands, args = append(operands, rest[0]), rest[1:]
	}
}

// help shows what there is, or how one command is used.
func help(ctx context.Context, sh shell, args []string) error {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return dispatch(ctx, sh, []string{args[0], "-h"})
	}
	fmt.Fprint(sh.out, "Carryout makes exports, and fetches them.\n\nusage: carryout COMMAND ...\n\n")
	for _, c := range commands() {
		fmt.Fprintf(sh.out, "  %-8s %s\n", c.name, c.short)
	}
	fmt.Fprintf(sh.out, "  %-8s %s\n\nRun \"carryout help COMMAND\" for one of them.\n", "help", "show this")
	return nil
}

// usage shows how the command is used.
func (c command) usage(w io.Writer, flags *flag.FlagSet) {
	args := c.args
	if args != "" {
		args = " " + args
	}
	fmt.Fprintf(w, "usage: carryout %s%s\n\n%s\n", c.name, args, strings.TrimSpace(c.long))
	any := false
	flags.VisitAll(func(*flag.Flag) { any = true })
	if any {
		fmt.Fprint(w, "\nflags:\n")
		flags.SetOutput(w)
		flags.PrintDefaults()
	}
}

// exactly says what is wrong with the number of arguments.
func exactly(n int, args []string, what string) error {
	switch {
	case len(args) < n:
		return &usageError{text: what + " is missing"}
	case len(args) > n:
		return &usageError{text: fmt.Sprintf("there is nothing to do with %q", args[n])}
	}
	return nil
}
