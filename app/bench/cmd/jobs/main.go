// Command jobs prints how fast the queue is beside others. It takes about three
// minutes.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"
	"time"

	"example.org/carryout/app/bench"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 3, "how often each is run, in turn")
	last := flag.Duration("time", 3*time.Second, "how long each run lasts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *last); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, rounds int, last time.Duration) error {
	if err := queues(ctx, rounds, last); err != nil {
		return err
	}
	return progress(ctx, rounds, last)
}

// queues compares the contenders.
func queues(ctx context.Context, rounds int, last time.Duration) error {
	rates := make([][]float64, len(bench.All))
	for range rounds {
		for i, c := range bench.All {
			rate, err := c.Throughput(ctx, last)
			if err != nil {
				return err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "queue\tjobs/s\tours ÷ it\tsubmit → start p50\tp99\tp99 ÷ ours\tof starts\tidle, of a core")
	var first time.Duration
	for i, c := range bench.All {
		latencies, err := c.Latencies(ctx, 1000, 5*last)
		if err != nil {
			return err
		}
		idle, err := c.Idle(ctx, 2*time.Second)
		if err != nil {
			return err
		}
		p50, p99 := latencies[len(latencies)/2], latencies[len(latencies)*99/100]
		if i == 0 {
			first = p99
		}
		var ratios []float64
		for round, rate := range rates[i] {
			ratios = append(ratios, rates[0][round]/rate)
		}
		fmt.Fprintf(out, "%s\t%.0f\t%.1f\t%.1f ms\t%.1f ms\t%.1f\t%d\t%.1f %%\n", c.Name, median(rates[i]), median(ratios),
			milliseconds(p50), milliseconds(p99), float64(p99)/float64(first), len(latencies), 100*idle)
	}
	return out.Flush()
}

// progress compares ways to make progress events durable.
func progress(ctx context.Context, rounds int, last time.Duration) error {
	ways := []struct {
		name   string
		jobs   int64
		alone  bool
		atOnce int
	}{
		{"100 jobs, one commit each", 100, true, 1}, {"100 jobs, grouped", 100, false, 1}, {"1,000 jobs, grouped", 1000, false, 1},
		{"100 jobs, grouped, ten at a time", 100, false, 10},
	}
	rates := make([][]float64, len(ways))
	for range rounds {
		for i, w := range ways {
			rate, err := bench.Progress(ctx, last, w.jobs, w.alone, w.atOnce)
			if err != nil {
				return err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nprogress of\tevents/s\t÷ one commit each")
	for i, w := range ways {
		var ratios []float64
		for round, rate := range rates[i] {
			ratios = append(ratios, rate/rates[0][round])
		}
		fmt.Fprintf(out, "%s\t%.0f\t%.1f\n", w.name, median(rates[i]), median(ratios))
	}
	return out.Flush()
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
