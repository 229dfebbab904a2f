package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// quiet is how long nothing must come until what is missing counts as lost.
const quiet = 2 * time.Second

// A bench measures contenders, in turn.
type bench struct {
	rounds     int
	last       time.Duration
	contenders []contender
	trial      string // what the names of trials have that are wanted
}

// A result is what one trial has shown.
type result struct {
	perMillion time.Duration // CPU time for a million deliveries
	p50, p99   time.Duration // from handing in to reading
	rate       float64       // deliveries a second
	lost       int64         // deliveries that did not come
	wrong      bool          // the numbers that came are not those that were told
	perIdle    int64         // bytes of memory for each follower, before anything was told
}

// A trial is one way to load a server.
type trial struct {
	name      string
	followers int
	topics    int
	tell      tell

	// before makes ready what is not measured, and returns how it is ended;
	// nil: there is no such thing.
	before func(ctx context.Context, s *server, c *crowd) (after func() error, err error)
}

// A tell tells events, each in one topic, and returns how many, and the sum of
// their numbers.
type tell func(ctx context.Context, t trial, s *server, c *crowd, last time.Duration) (told, sum int64, err error)

func (b *bench) run(ctx context.Context, crowds bool) error {
	trials := []trial{
		{name: "paced, 1,000 followers", followers: 1000, topics: 1, tell: paced(20)},
		{name: "burst of 1,000 events, 1,000 followers", followers: 1000, topics: 1, tell: burst(1000)},
		{name: "300,000 deliveries/s, 1,000 followers", followers: 1000, topics: 1, tell: paced(300)},
		{name: "1,000 jobs with 2 followers each", followers: 2000, topics: 1000, tell: byTopic},
		{name: "paced, 1,000 followers, beside one that never reads", followers: 1000, topics: 1, tell: paced(20), before: oneIsDead},
	}
	if crowds {
		trials = slices.Insert(trials, 1, trial{name: "paced, 10,000 followers", followers: 10_000, topics: 1, tell: paced(2)})
	}
	for _, t := range trials {
		if !strings.Contains(t.name, b.trial) {
			continue
		}
		if err := b.compare(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// compare runs one trial with all contenders and prints what it has shown.
func (b *bench) compare(ctx context.Context, t trial) error {
	results := make([][]result, len(b.contenders))
	for range b.rounds {
		for i, c := range b.contenders {
			r, err := b.one(ctx, c, t)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", c.name, t.name, err)
			}
			results[i] = append(results[i], r)
		}
	}
	fmt.Printf("\n%s\n", t.name)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\tCPU s/million\tours ÷ it\tp50\tp99\tdeliveries/s\tlost\twrong\tKiB a follower")
	for i, c := range b.contenders {
		var ratios []float64
		for round := range b.rounds {
			ratios = append(ratios, float64(results[0][round].perMillion)/float64(max(1, results[i][round].perMillion)))
		}
		of := func(f func(result) float64) float64 {
			var all []float64
			for _, r := range results[i] {
				all = append(all, f(r))
			}
			return median(all)
		}
		var lost int64
		wrong := false
		for _, r := range results[i] {
			lost, wrong = lost+r.lost, wrong || r.wrong
		}
		fmt.Fprintf(out, "%s\t%.2f\t%.3f\t%.1f ms\t%.1f ms\t%.0f\t%d\t%t\t%.1f\n", c.name,
			of(func(r result) float64 { return r.perMillion.Seconds() }), median(ratios),
			of(func(r result) float64 { return milliseconds(r.p50) }), of(func(r result) float64 { return milliseconds(r.p99) }),
			of(func(r result) float64 { return r.rate }), lost, wrong,
			of(func(r result) float64 { return float64(r.perIdle) / 1024 }))
	}
	return out.Flush()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// one runs one trial with one contender.
func (b *bench) one(ctx context.Context, with contender, t trial) (r result, err error) {
	s, err := with.start(ctx, with.name)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := warmUp(ctx, s, t); err != nil {
		return r, err
	}
	empty, err := memory(s.pid)
	if err != nil {
		return r, err
	}
	var paths []string
	for i := range t.followers {
		paths = append(paths, s.hear(topic(i%t.topics, t.topics)))
	}
	c, err := join(ctx, s.addr, paths)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, c.leave()) }()
	if err := settle(ctx, s, c, t); err != nil {
		return r, err
	}
	full, err := memory(s.pid)
	if err != nil {
		return r, err
	}
	r.perIdle = (full - empty) / int64(t.followers)
	if t.before != nil {
		after, err := t.before(ctx, s, c)
		if err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, after()) }()
	}
	before, err := cpu(s.pid)
	if err != nil {
		return r, err
	}
	began := time.Now()
	told, sum, err := t.tell(ctx, t, s, c, b.last)
	if err != nil {
		return r, err
	}
	want := told * int64(t.followers/t.topics)
	c.wait(ctx, want, quiet)
	took := time.Since(began)
	after, err := cpu(s.pid)
	if err != nil {
		return r, err
	}
	got := c.delivered.Load()
	r.lost = want - got
	r.wrong = c.sum.Load() != sum*int64(t.followers/t.topics)
	r.perMillion = time.Duration(float64(after-before) / float64(max(1, got)) * 1e6)
	r.p50, r.p99 = c.delay(0.5), c.delay(0.99)
	r.rate = float64(got) / took.Seconds()
	return r, ctx.Err()
}

func topic(i, topics int) string {
	if topics == 1 {
		return everybody
	}
	return "t" + strconv.Itoa(i)
}

// warmUp has a few followers come and go, so that what a server makes once is
// not counted as theirs. They hear what others will: a server that has not
// noticed yet that they are gone has nothing to tell them that is not measured.
func warmUp(ctx context.Context, s *server, t trial) error {
	first := topic(0, t.topics)
	c, err := join(ctx, s.addr, slices.Repeat([]string{s.hear(first)}, 50))
	if err != nil {
		return err
	}
	err = s.say(ctx, first, 0, 10)
	c.wait(ctx, 500, quiet)
	return errors.Join(err, c.leave())
}

// settle waits until each follower hears, by telling events until all have got
// one, and begins to count.
func settle(ctx context.Context, s *server, c *crowd, t trial) error {
	for range 20 {
		c.reset()
		if err := s.each(ctx, int64(t.topics), 0, 1); err != nil {
			return err
		}
		c.wait(ctx, int64(t.followers), quiet)
		if c.delivered.Load() >= int64(t.followers) {
			c.first.Store(1) // one that was told twice may still be on its way
			c.reset()
			return ctx.Err()
		}
	}
	return fmt.Errorf("only %d of %d followers were told", c.delivered.Load(), t.followers)
}

// most is how often a second events are handed in, several at once if there are
// to be more: a caller waits until its event is taken.
const most = 20

// paced tells so many events a second, evenly. Whoever does not take them in
// twice the time that it should has stopped: what is lost says so.
func paced(rate int) tell {
	return func(ctx context.Context, _ trial, s *server, _ *crowd, last time.Duration) (told, sum int64, err error) {
		pacing, cancel := context.WithTimeout(ctx, 2*last)
		defer cancel()
		once := int64(max(1, rate/most))
		beat := time.NewTicker(time.Second * time.Duration(once) / time.Duration(rate))
		defer beat.Stop()
		for end := time.Now().Add(last); time.Now().Before(end); {
			if err := s.say(pacing, everybody, told+1, once); err != nil {
				if pacing.Err() != nil {
					err = ctx.Err()
				}
				return told, sum, err
			}
			for range once {
				told++
				sum += told
			}
			select {
			case <-pacing.Done():
				return told, sum, ctx.Err()
			case <-beat.C:
			}
		}
		return told, sum, nil
	}
}

// byTopic tells an event in each topic every interval.
func byTopic(ctx context.Context, t trial, s *server, _ *crowd, last time.Duration) (told, sum int64, err error) {
	n, topics := int64(last/interval), int64(t.topics)
	return n * topics, topics * n * (n + 1) / 2, s.each(ctx, topics, 1, n)
}

// burst tells n events as fast as they are taken.
func burst(n int64) tell {
	return func(ctx context.Context, _ trial, s *server, _ *crowd, _ time.Duration) (told, sum int64, err error) {
		return n, n * (n + 1) / 2, s.say(ctx, everybody, 1, n)
	}
}

// oneIsDead has a follower with a small window that never reads, and fills what
// the system holds for it.
func oneIsDead(ctx context.Context, s *server, c *crowd) (after func() error, err error) {
	dead, err := deaf(s.addr, s.hear(everybody))
	if err != nil {
		return nil, err
	}
	filling, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := s.say(filling, everybody, 0, 5000); err != nil && filling.Err() == nil {
		return nil, errors.Join(err, syscall.Close(dead))
	}
	c.wait(ctx, 5000*int64(len(c.followers)), quiet)
	c.reset()
	return func() error { return syscall.Close(dead) }, nil
}
