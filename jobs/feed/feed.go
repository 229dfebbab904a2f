// Package feed is the stream of what concerns everybody: the time, the counts,
// the changes of jobs, and what was published.
//
// There is one feed, in one order for all. Its entries are numbered, framed
// once, and held in memory for as long as they are new ([tail.Log]); a follower
// is a place in them, so a slow one holds nobody up. What was published is also
// kept by the store, so that whoever comes back gets it, after a restart too.
// Changes of jobs wait (pending) until they are told: one that is followed by
// another of the same job within 100 ms is told once, and within 2 s if nobody
// listens. Whoever comes is not kept waiting for that.
//
// A follower may want only some of it, such as the jobs of one owner; the numbers
// of the rest are then missing.
//
// The number of an entry is its time in Unix microseconds, or one more than the
// number before it if that is greater. So a restart goes on above all that was
// told, as long as the clock is not set back. On the stream a number n is the id
// "evt-n".
package feed

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

const (
	coalesce = 100 * time.Millisecond // between two entries of one job, at least
	unheard  = 2 * time.Second        // likewise, while nobody follows
	crowd    = 256                    // publishers that are written together
	recent   = 256 << 10              // bytes of entries that are held for those who come back
)

// Counts returns the number of jobs in each state.
type Counts func(context.Context) (map[jobs.State]int64, error)

// A Feed carries everybody's news. Make it with [New].
type Feed struct {
	press   store.Press
	counts  Counts
	log     *slog.Logger
	publish chan request
	pending pending
	entries *tail.Log
	came    chan struct{} // capacity 1: somebody has begun to follow

	last atomic.Int64 // number of the newest entry there ever was, told or not

	turn   sync.Mutex // held by whoever adds to entries, so that numbers stay in order
	frames []byte     // the memory of the next frames
}

// line is what an entry says.
type line struct {
	label tail.Label
	data  string
}

// New makes a feed that goes on after what press has kept.
func New(ctx context.Context, press store.Press, counts Counts, log *slog.Logger) (*Feed, error) {
	last, err := press.LastMessage(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what was published last: %w", err)
	}
	f := &Feed{
		press: press, counts: counts, log: log,
		publish: make(chan request, crowd),
		pending: newPending(),
		came:    make(chan struct{}, 1),
	}
	f.last.Store(max(last, time.Now().UnixMicro()))
	f.entries = tail.NewLog(f.newest(), recent)
	return f, nil
}

// Serve tells the time each second, changes of jobs as they come, and what is
// published, until ctx is done.
func (f *Feed) Serve(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { f.tick(ctx); return nil })
	g.Go(func() error { f.tellChanges(ctx); return nil })
	g.Go(func() error { f.print(ctx); return nil })
	return g.Wait()
}

// Commit takes notice of changes, to be told soon. It is a [store.Notify], and
// never waits for anything that waits for the store.
func (f *Feed) Commit(changes []store.Change) { f.pending.add(changes) }

// Followers returns how many there are.
func (f *Feed) Followers() int { return f.entries.Followers() }

// tick tells the time and the counts each second while anybody listens.
func (f *Feed) tick(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			if n := f.Followers(); n > 0 {
				f.tellTime(ctx, now, n)
			}
		}
	}
}

func (f *Feed) tellTime(ctx context.Context, now time.Time, followers int) {
	f.tell(line{label: tail.Label{Name: "time"}, data: now.UTC().Format(time.RFC3339)})
	counts, err := f.counts(ctx)
	if err != nil {
		if ctx.Err() == nil {
			f.log.Warn("jobs could not be counted", "err", err)
		}
		return
	}
	f.tell(line{tail.Label{Name: "stats"}, string(wire.AppendStats(nil, wire.Stats{
		Connected: int64(followers),
		Queued:    counts[jobs.Queued],
		Running:   counts[jobs.Running],
		Ready:     counts[jobs.Ready],
		Rate:      f.pending.rate(),
	}))})
}

// tellChanges tells what is pending, and then nothing for a while, so that the
// many small changes of a busy job become few.
func (f *Feed) tellChanges(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.pending.stirred:
		}
		f.tell(f.pending.take()...)
		f.pause(ctx)
	}
}

// pause waits until the next changes are to be told.
func (f *Feed) pause(ctx context.Context) {
	long, came := unheard, f.came
	if f.Followers() > 0 {
		long, came = coalesce, nil
	}
	t := time.NewTimer(long)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-came:
	}
}

// tell adds entries and wakes everybody.
func (f *Feed) tell(lines ...line) {
	f.turn.Lock()
	defer f.turn.Unlock()
	f.reserve(len(lines))
	f.add(lines)
}

// newest is the number of the newest entry there ever was.
func (f *Feed) newest() int64 { return f.last.Load() }

// reserve returns the number of the next entry, when n of them are to be added:
// none is to be above the time that it is then. It is the caller's turn.
func (f *Feed) reserve(n int) int64 {
	f.last.Store(max(f.newest(), time.Now().UnixMicro()-int64(n)))
	return f.newest() + 1
}

// add gives lines the next numbers. It is the caller's turn.
func (f *Feed) add(lines []line) {
	entries := make([]tail.Entry, len(lines))
	frames := f.frames[:0]
	for i, l := range lines {
		n, from := f.last.Add(1), len(frames)
		frames = wire.AppendFrame(frames, ID(n), l.label.Name, l.data)
		entries[i] = tail.Entry{Seq: n, Label: l.label, Text: frames[from:]}
	}
	if f.frames = frames; cap(frames) > spareFrames {
		f.frames = nil
	}
	f.entries.Append(entries...)
}

// ID is the id that entry n has on the stream.
func ID(n int64) string { return "evt-" + strconv.FormatInt(n, 10) }

// ParseID returns the number in an id, and whether it is one. Number 0, which no
// entry has, is before all of them, as 1 is: entries are counted from the time.
func ParseID(s string) (n int64, ok bool) {
	digits, ok := strings.CutPrefix(s, "evt-")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return max(n, 1), err == nil && n >= 0 && ID(n) == s
}
