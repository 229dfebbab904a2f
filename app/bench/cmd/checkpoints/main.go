// Command checkpoints prints what the checkpoints of an export cost: of its time,
// and of its time on the processors. Exports with and without them take turns;
// what is shown is the median of the ratios of each pair. It takes about two
// minutes.
//
// The folder holds noise, which is stored, and a text, which shrinks to a third,
// half of each, so that there is a checkpoint for every 64 MiB of the file more
// often than every 2 s.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"example.org/carryout/app/bench"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 5, "how many pairs are run")
	size := flag.Int64("size", 512, "size of what is exported, in MiB")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *size<<20); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, rounds int, size int64) (err error) {
	root, err := os.MkdirTemp("", "checkpoints-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	source := rand.NewChaCha8([32]byte{1})
	if err := errors.Join(write(filepath.Join(root, "noise"), size/2, noise(source)), write(filepath.Join(root, "text"), size/2, text(source))); err != nil {
		return err
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "format\tcheckpoints\ts\twithout\tcost\tCPU s\twithout\tcost")
	for _, format := range []string{"zip", "tar.gz", "tar.zst", "tar"} {
		var with, without []bench.Cost
		for round := range rounds {
			a, b, err := pair(ctx, root, format, round%2 == 0)
			if err != nil {
				return err
			}
			with, without = append(with, a), append(without, b)
		}
		wall := func(c bench.Cost) time.Duration { return c.Wall }
		cpu := func(c bench.Cost) time.Duration { return c.CPU }
		fmt.Fprintf(out, "%s\t%d\t%.2f\t%.2f\t%+.1f %%\t%.2f\t%.2f\t%+.1f %%\n", format, with[0].Checkpoints,
			seconds(with, wall), seconds(without, wall), extra(with, without, wall),
			seconds(with, cpu), seconds(without, cpu), extra(with, without, cpu))
	}
	return out.Flush()
}

// pair exports with and without checkpoints, in either order.
func pair(ctx context.Context, root, format string, withFirst bool) (with, without bench.Cost, err error) {
	with, without = bench.Cost{}, bench.Cost{}
	for _, checkpoints := range []bool{withFirst, !withFirst} {
		c, err := bench.Export(ctx, root, format, checkpoints)
		if err != nil {
			return with, without, err
		}
		if checkpoints {
			with = c
		} else {
			without = c
		}
	}
	if with.SHA256 != without.SHA256 {
		return with, without, fmt.Errorf("%s: got two files that differ", format)
	}
	return with, without, nil
}

// seconds returns the median.
func seconds(of []bench.Cost, what func(bench.Cost) time.Duration) float64 {
	var all []float64
	for _, c := range of {
		all = append(all, what(c).Seconds())
	}
	return median(all)
}

// extra returns the median of the pairs, in percent.
func extra(with, without []bench.Cost, what func(bench.Cost) time.Duration) float64 {
	var all []float64
	for i := range with {
		all = append(all, 100*(float64(what(with[i]))/float64(what(without[i]))-1))
	}
	return median(all)
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// write writes a file of at least that size, of what next appends again and again.
func write(path string, size int64, next func(b []byte) []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	var b []byte
	for ; size > 0; size -= int64(len(b)) {
		b = next(b[:0])
		if _, err := w.Write(b); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

func noise(source *rand.ChaCha8) func(b []byte) []byte {
	return func(b []byte) []byte {
		b = append(b, make([]byte, 4<<10)...)
		_, _ = source.Read(b) // never fails
		return b
	}
}

func text(source *rand.ChaCha8) func(b []byte) []byte {
	words := [...]string{"orders", "items", "search", "images", "account", "cart", "help", "blog", "static", "answers"}
	r := rand.New(source)
	return func(b []byte) []byte {
		return fmt.Appendf(b, "%s %s %d %s %08x\n", words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(1000), words[r.IntN(len(words))], r.Uint32())
	}
}
