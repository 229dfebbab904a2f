package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// A contender makes an archive of a folder by a command.
type contender struct {
	name    string
	command func(ctx context.Context, root, out string) *exec.Cmd // nil: not installed
	readies bool                                                  // it says when it is ready, as pack does
}

// A duel is contenders that are compared with the first of them.
type duel []contender

// A result is what one run took.
type result struct {
	seconds float64
	cpu     float64
	size    int64 // bytes
	peak    int64 // bytes; a small process cannot be told from what the one that starts it has, some 20 MB
}

// run prints the medians of the rounds. Before each run that counts there are so
// many of the same contender that do not.
func (d duel) run(ctx context.Context, w io.Writer, rounds, warmups int, root, scratch string) error {
	d = slices.DeleteFunc(slices.Clone(d), func(c contender) bool { return c.command == nil })
	results := make([][]result, len(d))
	for range rounds {
		for i, c := range d {
			var r result
			for range warmups + 1 {
				var err error
				if r, err = c.run(ctx, root, filepath.Join(scratch, "archive.zip")); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
			}
			results[i] = append(results[i], r)
		}
	}
	for i, c := range d {
		faster := make([]float64, rounds)
		for r := range faster {
			faster[r] = results[0][r].seconds / results[i][r].seconds
		}
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.0f\t%.1f\t\n", c.name,
			median(results[i], func(r result) float64 { return r.seconds }),
			median(results[i], func(r result) float64 { return r.cpu }),
			float64(results[i][0].size)/1e6,
			median(results[i], func(r result) float64 { return float64(r.peak) / (1 << 20) }),
			median(faster, func(f float64) float64 { return f }))
	}
	return nil
}

func median[T any](all []T, of func(T) float64) float64 {
	values := make([]float64, len(all))
	for i, v := range all {
		values[i] = of(v)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// run makes the archive, looks at it, and removes it.
func (c contender) run(ctx context.Context, root, out string) (result, error) {
	cmd := c.command(ctx, root, out)
	cmd.Stderr = os.Stderr
	began, before := time.Now(), time.Duration(0)
	if c.readies {
		begin, used, err := await(cmd)
		if err != nil {
			return result{}, err
		}
		began, before = time.Now(), used
		if err := begin.Close(); err != nil {
			return result{}, err
		}
	} else if err := cmd.Start(); err != nil {
		return result{}, err
	}
	if err := cmd.Wait(); err != nil {
		return result{}, err
	}
	r := result{seconds: time.Since(began).Seconds()}
	state := cmd.ProcessState
	r.cpu = (state.UserTime() + state.SystemTime() - before).Seconds()
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		r.peak = int64(usage.Maxrss) << 10 // of the process, or of the largest that it has started
	}
	info, err := os.Stat(out)
	if err != nil {
		return result{}, err
	}
	r.size = info.Size()
	return r, os.Remove(out)
}

// await starts cmd and waits until it is ready. It begins when begin is closed,
// and has used the processors for so long before.
func await(cmd *exec.Cmd) (begin io.Closer, used time.Duration, err error) {
	if begin, err = cmd.StdinPipe(); err != nil {
		return nil, 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	if _, err := fmt.Fscanln(out, &used); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("waiting for it to be ready: %w", err), cmd.Wait())
	}
	return begin, used, nil
}

// shell is a program that people use. In the script $1 is the folder and $2 the
// file to make.
func shell(name, program, script string) contender {
	if _, err := exec.LookPath(program); err != nil {
		return contender{name: name}
	}
	return contender{name: name, command: func(ctx context.Context, root, out string) *exec.Cmd {
		return exec.CommandContext(ctx, "sh", "-ec", script, "sh", root, out)
	}}
}

// carryout is this program, which packs as the server does.
func carryout(name, level string) contender {
	return contender{name: "carryout " + name + ", " + level, readies: true, command: func(ctx context.Context, root, out string) *exec.Cmd {
		return exec.CommandContext(ctx, "/proc/self/exe", "-pack", name, level, root, out)
	}}
}
