// Command archives prints how fast a folder becomes an archive, beside the
// programs that people use, where they are installed. The folder is Go's own
// source tree, or the one that is named. All take turns in one run; what is
// shown is the median.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source/folder"
)

// contender makes an archive of root and returns its size in bytes.
type contender struct {
	name string
	pack func(ctx context.Context, root, scratch string) (size int64, err error)
}

// duel is contenders that are compared with the first of them.
type duel []contender

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 5, "how often each is run, in turn")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, rounds int, root string) error {
	if root == "" {
		out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
		if err != nil {
			return err
		}
		root = filepath.Join(strings.TrimSpace(string(out)), "src")
	}
	scratch, err := os.MkdirTemp("", "archives-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\ts\tMB\ttimes as fast as the first\n")
	for _, d := range []duel{
		{shell("zip -6", "zip", `cd "$1" && zip -6 -q -r "$2" .`), ours("zip", "default"), ours("zip", "smallest"), ours("zip", "fastest"),
			shell("7z -mx1, 2 threads", "7z", `cd "$1" && 7z a -tzip -mx1 -mmt2 -bso0 -bsp0 "$2" .`)},
		{shell("tar | pigz -6 -p2", "pigz", `cd "$1" && tar cf - . | pigz -6 -p2 > "$2"`), ours("tar.gz", "default")},
		{shell("tar | zstd -3 -T2", "zstd", `cd "$1" && tar cf - . | zstd -3 -T2 -q > "$2"`), ours("tar.zst", "default")},
	} {
		if err := d.run(ctx, t, rounds, root, scratch); err != nil {
			return err
		}
	}
	return t.Flush()
}

func (d duel) run(ctx context.Context, t *tabwriter.Writer, rounds int, root, scratch string) error {
	d = slices.DeleteFunc(d, func(c contender) bool { return c.pack == nil })
	times, sizes := make([][]float64, len(d)), make([]int64, len(d))
	for range rounds {
		for i, c := range d {
			began := time.Now()
			size, err := c.pack(ctx, root, scratch)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			times[i], sizes[i] = append(times[i], time.Since(began).Seconds()), size
		}
	}
	for i, c := range d {
		ratios := make([]float64, rounds)
		for r := range ratios {
			ratios[r] = times[0][r] / times[i][r]
		}
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.1f\n", c.name, median(times[i]), float64(sizes[i])/1e6, median(ratios))
	}
	return nil
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// ours packs as the server does: planned, hashed, synced.
func ours(name, level string) contender {
	return contender{"carryout " + name + ", " + level, func(ctx context.Context, root, scratch string) (int64, error) {
		f, _ := format.Find(format.All(), name)
		src, err := folder.Open(root)
		if err != nil {
			return 0, err
		}
		defer src.Close()
		data, err := src.Open(ctx, jobs.Spec{})
		if err != nil {
			return 0, err
		}
		defer data.Close()
		place, err := dir.New(filepath.Join(scratch, "ours"))
		if err != nil {
			return 0, err
		}
		staged, err := place.Stage(ctx, id(), nil)
		if err != nil {
			return 0, err
		}
		out := artifact.NewWriter(staged)
		defer out.Abort()
		err = f.Files(ctx, format.Task{Out: out, Meter: &meter.Meter{}, Options: f.Complete(map[string]string{"level": level}), Workers: runtime.GOMAXPROCS(0)}, data.Files)
		if err != nil {
			return 0, err
		}
		d, err := out.Commit(ctx)
		return d.Size, err
	}}
}

func id() jobs.ID { return jobs.ID(strings.Repeat("A", 26)) }

// shell is a program that people use; without it there is no contender.
func shell(name, program, script string) contender {
	if _, err := exec.LookPath(program); err != nil {
		return contender{name: name}
	}
	return contender{name, func(ctx context.Context, root, scratch string) (int64, error) {
		out := filepath.Join(scratch, program+".zip")
		os.Remove(out)
		cmd := exec.CommandContext(ctx, "sh", "-ec", script, "sh", root, out)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return 0, err
		}
		info, err := os.Stat(out)
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}}
}
