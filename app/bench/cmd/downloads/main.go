// Command downloads prints how long it takes from the click to the file on the
// disk: a folder is asked for as a zip, over loopback, of the real server, and of
// filebrowser (https://filebrowser.org), which writes its zip into the answer.
//
// Both serve the same tree (Go's source, or the one that is named) from the same
// disk, each with its own defaults and nobody to sign in. Filebrowser stores what
// it packs; carryout is asked for that too, and for two levels of compression.
//
// A round is all that one has to do for the file: ask, with carryout follow the
// job's stream until it is ready, fetch, write it, sync it. The client does the
// same with every answer. Carryout's file is hashed and synced at the server too;
// whether it has arrived with the same SHA-256 is looked at when the round is
// over. They take turns, in one order and then in the other; what is shown is the
// median of the rounds, and of the ratios of each to filebrowser in the same round.
//
// Right before the round that counts, each has some that do not (-warmup). Command
// archives says why; here there are more of them, because a round writes up to
// 260 MB in two files, and it takes a few until the memory for them is one that the
// machine has had lately. With -warmup 1 carryout's files took 0.05 s more.
//
// Filebrowser is a program of its own and not built here: its pages are not in its
// Go module. Where it is not installed, carryout runs alone.
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
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 7, "how often each is run, in turn")
	warmups := flag.Int("warmup", 3, "how often it is run before, without being measured")
	program := flag.String("filebrowser", "filebrowser", "the `program` to compare with")
	scratch := flag.String("scratch", "", "`folder` whose disk is used; default: that for temporary files")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *warmups, *program, *scratch, flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, rounds, warmups int, program, scratch, tree string) (err error) {
	if tree == "" {
		out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
		if err != nil {
			return fmt.Errorf("looking for Go's source: %w", err)
		}
		tree = filepath.Join(strings.TrimSpace(string(out)), "src")
	}
	scratch, err = os.MkdirTemp(scratch, "downloads-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	ours, base, err := startCarryout(ctx, tree, scratch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	var all []*contender
	for _, level := range []string{"store", "fastest", "default"} {
		all = append(all, carryout(ours, base, level))
	}
	if program, missing := exec.LookPath(program); missing == nil {
		theirs, err := startFilebrowser(ctx, program, tree, scratch)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, theirs.server.stop()) }()
		all = slices.Insert(all, 0, theirs)
	} else {
		log.Print("filebrowser is not installed: carryout runs alone (-filebrowser names the program)")
	}
	if err := race(ctx, all, rounds, warmups, filepath.Join(scratch, "download.zip")); err != nil {
		return err
	}
	return show(all, rounds)
}

// race runs all rounds. Before each one that counts a contender has some that do
// not.
func race(ctx context.Context, all []*contender, rounds, warmups int, file string) error {
	for round := range rounds {
		turn := slices.Clone(all)
		if round%2 == 1 {
			slices.Reverse(turn)
		}
		for _, c := range turn {
			var r result
			for range warmups + 1 {
				var err error
				if r, err = c.round(ctx, file); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
			}
			c.results = append(c.results, r)
		}
	}
	return nil
}

func show(all []*contender, rounds int) error {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "from the click to the file\ts\tserver's CPU s\tclient's CPU s\tMB\tfaster\tfewer bytes\t\n")
	for _, c := range all {
		faster := make([]float64, rounds)
		for i := range faster {
			faster[i] = all[0].results[i].took.Seconds() / c.results[i].took.Seconds()
		}
		slices.Sort(faster)
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", c.name,
			c.median(func(r result) time.Duration { return r.took }),
			c.median(func(r result) time.Duration { return r.cpu }), c.median(func(r result) time.Duration { return r.own }),
			float64(c.results[0].size)/1e6, faster[rounds/2], float64(all[0].results[0].size)/float64(c.results[0].size))
	}
	return t.Flush()
}
