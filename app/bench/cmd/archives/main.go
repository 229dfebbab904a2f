// Command archives prints how fast folders become archives, beside the programs
// that people use, where they are installed.
//
// There are four folders: a tree of source code (Go's own, or the one that is
// named), one large log, one large file that is compressed already, and a mix of
// a few large files and many small ones. All but the first are made up, the same
// ones every time; -size says how large. Each contender is a process of its own,
// so that its time on the processors and its peak of memory are its own too. All
// take turns; what is shown is the median of the rounds.
//
// Each run that counts comes right after one of the same contender that does not
// (-warmup), as with hyperfine --warmup 1. A virtual machine may give memory that
// is free back to its host (https://docs.kernel.org/mm/free_page_reporting.html)
// and pays for it when it is used again: on the one that this was written on, 7 µs
// a page two seconds later. So who needs 40 MB for a file and as much for itself
// would lose a tenth of a second to the idle memory of whoever came before, which
// is nothing to a program that takes four seconds and a fifth to one that takes
// half a second.
//
// Ratios between runs that alternate mean something; single numbers depend on
// the machine and on what else it does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 3, "how often each is run, in turn")
	warmups := flag.Int("warmup", 1, "how often it is run before, without being measured")
	size := flag.Int64("size", 256, "size of what is made up, in MiB")
	only := flag.String("only", "", "the only corpus: tree, log, packed or mixed")
	ours := flag.Bool("pack", false, "pack as the server does: -pack FORMAT LEVEL FOLDER FILE")
	fast := flag.Bool("fastzip", false, "pack with fastzip: -fastzip FOLDER FILE")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case *ours:
		err = pack(ctx, flag.Arg(0), flag.Arg(1), flag.Arg(2), flag.Arg(3))
	case *fast:
		err = packFast(ctx, flag.Arg(0), flag.Arg(1))
	default:
		err = run(ctx, *rounds, *warmups, *size<<20, *only, flag.Arg(0))
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, rounds, warmups int, size int64, only, tree string) (err error) {
	if tree == "" {
		out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
		if err != nil {
			return fmt.Errorf("looking for Go's source: %w", err)
		}
		tree = filepath.Join(strings.TrimSpace(string(out)), "src")
	}
	scratch, err := os.MkdirTemp("", "archives-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, c := range corpora(tree) {
		if only != "" && only != c.name {
			continue
		}
		root := c.root
		if c.write != nil {
			root = filepath.Join(scratch, c.name)
			if err := c.write(root, size); err != nil {
				return fmt.Errorf("making up %s: %w", c.name, err)
			}
		}
		fmt.Fprintf(t, "%s\ts\tCPU s\tMB\tpeak MiB\tfaster\t\n", c.name)
		for _, d := range c.duels {
			if err := d.run(ctx, t, rounds, warmups, root, scratch); err != nil {
				return err
			}
		}
		if err := t.Flush(); err != nil {
			return err
		}
		if root != tree {
			if err := os.RemoveAll(root); err != nil {
				return err
			}
		}
	}
	return nil
}
