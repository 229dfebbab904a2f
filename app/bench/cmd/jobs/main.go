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
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"example.org/carryout/app/bench"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 3, "how often each is run, in turn")
	last := flag.Duration("time", 3*time.Second, "how long each run lasts")
	beside := flag.String("beside", "", "measure ours, and of the others those whose names match this `PATTERN`")
	trial := flag.String("trial", "", "do trials only whose names have this `TEXT` in them: throughput, start, idle, progress")
	flag.Parse()
	others, err := regexp.Compile(*beside)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *last, others, *trial); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, rounds int, last time.Duration, beside *regexp.Regexp, trial string) error {
	contenders := slices.Clone(bench.All)
	contenders = append(contenders[:1], slices.DeleteFunc(contenders[1:], func(c bench.Contender) bool { return !beside.MatchString(c.Name) })...)
	for _, t := range []struct {
		name string
		do   func() error
	}{
		{"throughput", func() error { return throughput(ctx, contenders, rounds, last) }},
		{"start", func() error { return starts(ctx, contenders, 5*last) }},
		{"idle", func() error { return idle(ctx, contenders) }},
		{"progress", func() error { return progress(ctx, rounds, last) }},
	} {
		if !strings.Contains(t.name, trial) {
			continue
		}
		if err := t.do(); err != nil {
			return err
		}
	}
	return nil
}

// throughput compares how many jobs a second are finished. Everybody has each
// round in turn, so that the ratios are of runs that followed one another.
func throughput(ctx context.Context, contenders []bench.Contender, rounds int, last time.Duration) error {
	rates := make([][]float64, len(contenders))
	for range rounds {
		for i, c := range contenders {
			rate, err := c.Throughput(ctx, last)
			if err != nil {
				return err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	out := table("throughput of\tjobs/s\tours ÷ it")
	for i, c := range contenders {
		var ratios []float64
		for round, rate := range rates[i] {
			ratios = append(ratios, rates[0][round]/rate)
		}
		fmt.Fprintf(out, "%s\t%.0f\t%.1f\n", c.Name, median(rates[i]), median(ratios))
	}
	return out.Flush()
}

// starts compares how soon idle workers start what is submitted.
func starts(ctx context.Context, contenders []bench.Contender, last time.Duration) error {
	out := table("\nsubmit → start of\tp50\tp99\tp99 ÷ ours\tof starts")
	var ours time.Duration
	for i, c := range contenders {
		latencies, err := c.Latencies(ctx, 1000, last)
		if err != nil {
			return err
		}
		p50, p99 := latencies[len(latencies)/2], latencies[len(latencies)*99/100]
		if i == 0 {
			ours = p99
		}
		fmt.Fprintf(out, "%s\t%.1f ms\t%.1f ms\t%.1f\t%d\n", c.Name,
			milliseconds(p50), milliseconds(p99), float64(p99)/float64(ours), len(latencies))
	}
	return out.Flush()
}

// idle compares what it costs to wait for jobs.
func idle(ctx context.Context, contenders []bench.Contender) error {
	out := table("\nidle\tof a core")
	for _, c := range contenders {
		share, err := c.Idle(ctx, 2*time.Second)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%.1f %%\n", c.Name, 100*share)
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
	out := table("\nprogress of\tevents/s\t÷ one commit each")
	for i, w := range ways {
		var ratios []float64
		for round, rate := range rates[i] {
			ratios = append(ratios, rate/rates[0][round])
		}
		fmt.Fprintf(out, "%s\t%.0f\t%.1f\n", w.name, median(rates[i]), median(ratios))
	}
	return out.Flush()
}

// table begins a table.
func table(head string) *tabwriter.Writer {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, head)
	return out
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
