// Package work runs jobs: it claims them, keeps their leases, and records how
// they go.
//
// A [Pool] has so many workers, which wait for the queue and never poll it. A
// run that only waits for something else gives its worker back ([Task.Rest]).
// Each running job is a group of two goroutines: the worker's own, which does the
// work, and its keeper, which tells how far it has come and so renews the lease.
// The keeper begins a hundredth of a second later, so that a short job costs none;
// until then nobody notices that the job is taken away. Whoever ends first ends the
// other, and the pool waits for both.
//
// How a run goes wrong is data. A [jobs.Failure] is recorded as it is; any
// other error, or a panic, fails that job alone and is logged, because it is
// ours to mend. One for which there was no room ([artifact.ErrFull]) is put back,
// and goes on from its last cursor. A queue that does not answer is logged and
// asked again: no finished work is thrown away because a disk was full for a minute.
package work

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/store"
)

// A Pool works on the jobs of a queue. Queue, Run, Size and Log are required.
type Pool struct {
	Queue  store.Queue
	Run    Run
	Size   int           // jobs at a time
	Name   string        // of this worker, for the log
	Retain time.Duration // how long a file is kept after it is ready; 0: for good
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
}

const (
	head      = 10 * time.Millisecond  // of a run, for which it has no keeper
	beat      = 100 * time.Millisecond // between two progress events of a job, at least
	pulse     = 2 * time.Second        // and at most
	patience  = time.Second            // before a queue that failed is asked again
	quiet     = 10 * time.Second       // without a failure, after which one is complained of again
	grace     = 500 * time.Millisecond // for a run to keep a cursor when the server stops
	lastWords = 5 * time.Second        // for what must be recorded while stopping
)

// Serve works until ctx is done, then puts its jobs back and returns nil.
// Every goroutine it started has ended when it returns.
func (p *Pool) Serve(ctx context.Context) error {
	var g errgroup.Group
	for range p.Size {
		w := &worker{Pool: p, all: &g, turn: make(chan struct{}, 1)}
		w.turn <- struct{}{}
		for range 2 {
			g.Go(func() error { w.loop(ctx); return nil })
		}
	}
	return g.Wait()
}

// A worker is two goroutines that take turns. While one records the end of its
// job the other asks for the next, so that the two share their way to the disk.
type worker struct {
	*Pool
	all  *errgroup.Group // to which both belong
	turn chan struct{}   // capacity 1: holds a value while neither has a job or asks for one
}

// loop is one of the two.
func (w *worker) loop(ctx context.Context) {
	for {
		select {
		case <-w.turn:
		case <-ctx.Done():
			return
		}
		lease, err := w.Queue.Claim(ctx, w.Name)
		switch {
		case err == nil:
			if !w.take(ctx, lease) {
				return
			}
		case ctx.Err() == nil:
			w.Log.Error("no job could be claimed", "err", err)
			pause(ctx, patience)
			fallthrough
		default:
			w.turn <- struct{}{}
		}
	}
}

// take runs a job and records its end, and reports whether its worker still
// needs this goroutine. Once the run rests, another one takes its place.
func (w *worker) take(ctx context.Context, l store.Lease) (needed bool) {
	var passed atomic.Bool
	pass := func() bool {
		if !passed.CompareAndSwap(false, true) {
			return false
		}
		w.turn <- struct{}{}
		return true
	}
	rest := func() {
		if pass() {
			w.all.Go(func() error { w.loop(ctx); return nil })
		}
	}
	end := w.work(ctx, l, rest)
	needed = pass()
	end()
	return needed
}

// work runs one job, and returns what records its end. When ctx ends, the run
// has a moment to keep a cursor before it is cut off.
func (p *Pool) work(ctx context.Context, l store.Lease, rest func()) (end func()) {
	log := p.Log.With("job", l.Job.ID, "attempt", l.Job.Attempt)
	m := &meter.Meter{}
	m.Earlier(l.Job.Progress)
	k := &keeper{queue: p.Queue, lease: l, meter: m, log: log}

	done := make(chan struct{})
	var others sync.WaitGroup // beside the run
	rctx, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	others.Add(2)
	keeping := time.AfterFunc(head, func() {
		defer others.Done()
		if err := k.keep(rctx, done); err != nil {
			cut(err)
		}
	})
	stop := context.AfterFunc(ctx, func() {
		defer others.Done()
		cutOff(cut, done)
	})
	file, err := p.run(rctx, Task{Lease: l, Meter: m, Keep: k.keepCursor, Stopping: ctx.Done(), Rest: rest}, log)
	close(done)
	for _, canceled := range []bool{keeping.Stop(), stop()} {
		if canceled {
			others.Done() // it has not begun
		}
	}
	others.Wait()

	if errors.Is(err, jobs.ErrLost) || errors.Is(context.Cause(rctx), jobs.ErrLost) {
		log.Info("job taken away")
		return func() {}
	}
	last := p.outcome(ctx, m, file, err, log)
	return func() { k.conclude(ctx, last) }
}

// cutOff calls cut after a moment, unless the run is done.
func cutOff(cut context.CancelCauseFunc, done <-chan struct{}) {
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		cut(context.Canceled)
	}
}

// outcome says by which event a run has ended.
func (p *Pool) outcome(ctx context.Context, m *meter.Meter, file jobs.File, err error, log *slog.Logger) jobs.Event {
	var failure *jobs.Failure
	switch {
	case err == nil:
		now := p.now() // both times by one look at the clock: it is set at any time
		return jobs.Event{Kind: jobs.KindReady, At: now, File: file, Expires: Expires(now, p.Retain), Progress: complete(m.Progress())}
	case errors.As(err, &failure):
		return jobs.Event{Kind: jobs.KindFailed, Failure: *failure}
	case ctx.Err() != nil:
		return jobs.Event{Kind: jobs.KindRequeued, Reason: "the server was stopped", Forgiven: true}
	case errors.Is(err, ErrAgain):
		return jobs.Event{Kind: jobs.KindRequeued, Reason: "the export that it waited for has ended without a file", Forgiven: true}
	case errors.Is(err, artifact.ErrFull):
		return jobs.Event{Kind: jobs.KindRequeued, Reason: "the server's disk was full", Forgiven: true}
	}
	log.Error("job failed on our side", "err", err)
	return jobs.Event{Kind: jobs.KindFailed, Failure: internal}
}

// complete is the progress of a job that is ready.
func complete(p jobs.Progress) jobs.Progress {
	p.Fraction, p.Left, p.Current = jobs.Known(1.0), jobs.Maybe[jobs.Span]{}, ""
	return p
}

func (p *Pool) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// Expires returns when a file that is ready now is removed: after retain, or
// never (zero) if that is not above 0.
func Expires(now time.Time, retain time.Duration) time.Time {
	if retain <= 0 {
		return time.Time{}
	}
	return now.Add(retain).UTC().Truncate(time.Millisecond)
}

// pause waits for d or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
