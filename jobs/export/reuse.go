package export

import (
	"context"
	"slices"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/work"
)

// candidates are looked at for a file that is still there, at most.
const candidates = 4

// makeOnce makes the file unless one that equals it is there or on its way. It
// returns the key by which others may find it: none if something was left out or
// has changed meanwhile, so that what is used again later is always whole.
func (a *assembly) makeOnce(ctx context.Context, c cursor, interrupted bool) (d artifact.Digest, key string, err error) {
	if !interrupted { // else what it has done already would be lost
		if d, ok, err := a.fromReady(ctx); ok || err != nil {
			return d, a.key, err
		}
	}
	if other := a.leads.fly(a.key); other != nil && !interrupted {
		d, err := a.follow(ctx, other)
		return d, a.whole(), err
	}
	if d, err = a.make(ctx, c, interrupted); err == nil {
		a.leads.land(true)
	}
	return d, a.whole(), err
}

// whole returns the key of a file of which no warning tells.
func (a *assembly) whole() string {
	if slices.ContainsFunc(a.task.Meter.Warnings(), jobs.Warning.OfFile) {
		return ""
	}
	return a.key
}

// fromReady takes the file of a job that is ready. One that cannot be given to
// two jobs, because it is gone, or has as many names as its disk allows, or the
// disk allows but one, is made instead.
func (a *assembly) fromReady(ctx context.Context) (d artifact.Digest, ok bool, err error) {
	ready, err := a.Made(ctx, a.key, candidates)
	if err != nil {
		return d, false, err
	}
	for _, j := range ready {
		if a.MaxSize > 0 && j.File.Size > a.MaxSize {
			continue
		}
		if d, err := a.link(ctx, j.ID); err == nil {
			a.task.Meter.Adopt(j.Progress)
			return d, true, nil
		}
		if err := ctx.Err(); err != nil {
			return d, false, err
		}
	}
	return d, false, nil
}

// follow waits for what another job makes, and takes it. If nothing comes of
// it, the job goes back to the queue and is tried again.
func (a *assembly) follow(ctx context.Context, other *flight) (d artifact.Digest, err error) {
	a.data.Close() // it was only read, and is not needed while this waits
	a.task.Meter.Anew()
	a.task.Meter.Follow(other.meter)
	if a.task.Rest != nil {
		a.task.Rest()
	}
	select {
	case <-other.done:
	case <-a.task.Stopping:
		return d, work.ErrStopped
	case <-ctx.Done():
		return d, ctx.Err()
	}
	if !other.made {
		return d, work.ErrAgain
	}
	d, err = a.link(ctx, other.job)
	if ctx.Err() != nil {
		return d, ctx.Err()
	}
	if err != nil { // deleted in the meantime, or its disk allows no other name
		a.flights.forget(a.key, other)
		return d, work.ErrAgain
	}
	for _, w := range other.warnings {
		if w.OfFile() { // else it is of the other's own history
			a.task.Meter.Warn(w)
		}
	}
	return d, nil
}

// link gives the file of another job to this one too.
func (a *assembly) link(ctx context.Context, from jobs.ID) (artifact.Digest, error) {
	if err := a.Artifacts.Link(ctx, from, a.task.Job.ID); err != nil {
		return artifact.Digest{}, err
	}
	file, err := a.Artifacts.Open(ctx, a.task.Job.ID)
	if err != nil {
		return artifact.Digest{}, err
	}
	return file.Digest, file.Close()
}
