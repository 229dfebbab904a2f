package work

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/store"
)

// mostWarnings is how many warnings of one attempt become events of their own.
// The rest are counted by the last of them; the report in the file has all.
const mostWarnings = 100

// A keeper records how one run goes. Beside its own goroutine, the run itself
// may keep a cursor.
type keeper struct {
	queue store.Queue
	lease store.Lease
	meter *meter.Meter
	log   *slog.Logger

	telling sync.Mutex    // held from looking at the meter until it is told, so that progress stays in order
	last    jobs.Progress // as told
	at      time.Time     // when it was
	next    time.Time     // before which no more is told, because it was with a cursor
	mute    time.Time     // until when a queue that has failed is not asked again
	warned  int           // warnings recorded as events of their own
	more    int64         // and warnings beyond those
	unsaid  []jobs.Event  // warnings that could not be recorded yet
}

// keep records progress, at every beat until done is closed or ctx ends. It
// returns jobs.ErrLost as soon as the job has been taken away.
func (k *keeper) keep(ctx context.Context, done <-chan struct{}) error {
	t := time.NewTicker(beat)
	defer t.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return nil
		case <-k.lease.Lost:
			return jobs.ErrLost
		case now := <-t.C:
			if err := k.record(ctx, now); err != nil {
				return err
			}
		}
	}
}

// record appends what is new. Only the loss of the lease is an error: a queue
// that fails otherwise is asked again after a while, and the lease is kept.
func (k *keeper) record(ctx context.Context, now time.Time) error {
	k.telling.Lock()
	defer k.telling.Unlock()
	if now.Before(k.mute) || now.Before(k.next) {
		return nil
	}
	p := k.meter.Progress()
	k.gather()
	if len(k.unsaid) == 0 && p == k.last && now.Sub(k.at) < pulse {
		return nil
	}
	err := k.say(ctx, p)
	switch {
	case errors.Is(err, jobs.ErrLost):
		return err
	case err != nil && ctx.Err() == nil:
		if now.Sub(k.mute) > quiet {
			k.log.Warn("progress cannot be recorded", "err", err)
		}
		k.mute = now.Add(patience)
		return k.renew(ctx)
	case err == nil:
		k.last, k.at, k.unsaid = p, now, nil
	}
	return nil
}

// say tells progress, which is in no hurry, and with it the warnings that were
// not told yet, which must not be lost.
func (k *keeper) say(ctx context.Context, p jobs.Progress) error {
	if len(k.unsaid) == 0 {
		return k.queue.Tell(k.lease, p)
	}
	events := append(k.unsaid[:len(k.unsaid):len(k.unsaid)], jobs.Event{Kind: jobs.KindProgress, Progress: p})
	return k.queue.Append(ctx, k.lease, nil, events...)
}

// renew keeps the lease while nothing can be recorded, which else renews it.
func (k *keeper) renew(ctx context.Context) error {
	if err := k.queue.Append(ctx, k.lease, nil); errors.Is(err, jobs.ErrLost) {
		return err
	}
	return nil // a queue that does not answer takes no lease away either
}

// keepCursor makes a cursor durable, with the progress that belongs to it unless
// some was told a moment ago. It may be called while keep runs.
func (k *keeper) keepCursor(ctx context.Context, cursor []byte) error {
	k.telling.Lock()
	defer k.telling.Unlock()
	now := time.Now()
	if now.Sub(k.at) < beat {
		return k.queue.Append(ctx, k.lease, cursor)
	}
	p := k.meter.Progress()
	err := k.queue.Append(ctx, k.lease, cursor, jobs.Event{Kind: jobs.KindProgress, Progress: p})
	if err == nil {
		k.last, k.at, k.next = p, now, now.Add(beat)
	}
	return err
}

// gather makes events of the warnings that are new.
func (k *keeper) gather() {
	for _, w := range k.meter.TakeWarnings() {
		if k.warned == mostWarnings {
			k.more += max(1, w.Count)
			continue
		}
		k.warned++
		k.unsaid = append(k.unsaid, jobs.Event{Kind: jobs.KindWarning, Warning: w})
	}
}

// conclude records by which event the run has ended, until that has worked.
// Once ctx is done it gives up after a while: the job is put back at the next
// start.
func (k *keeper) conclude(ctx context.Context, last jobs.Event) {
	k.gather()
	events := k.unsaid
	if k.more > 0 {
		events = append(events, jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{
			Code:    "more",
			Message: "And " + strconv.FormatInt(k.more, 10) + " more, which the report in the file names.",
			Count:   k.more,
		}})
	}
	events = append(events, last)
	failpoint.At("run-ended")
	for {
		err := k.tell(ctx, events)
		if err == nil || errors.Is(err, jobs.ErrLost) {
			return
		}
		k.log.Error("the end of a job could not be recorded", "kind", last.Kind, "err", err)
		if ctx.Err() != nil || k.renew(ctx) != nil {
			return
		}
		pause(ctx, patience)
	}
}

func (k *keeper) tell(ctx context.Context, events []jobs.Event) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	return k.queue.Append(ctx, k.lease, nil, events...)
}
