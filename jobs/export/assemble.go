package export

import (
	"cmp"
	"context"
	"errors"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/room"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/frozen"
	"example.org/carryout/jobs/work"
)

// assembly is the making of one file, in one attempt.
type assembly struct {
	*Exporter
	task   work.Task
	format format.Format
	data   source.Data
	plan   string // digest of what is exported; empty: it cannot be told
	key    string // of what is made of it; empty: it cannot be told

	leads *leader // of those who want the same

	copy *copied // that the rows are read from; nil: they are read where they lie
	left bool    // what is unfinished is left lying for another attempt
}

// assemble writes the file and makes it durable. Where the attempt before has
// left off it goes on, if it can. It closes data.
func (e *Exporter) assemble(ctx context.Context, t work.Task, f format.Format, data source.Data, leads *leader) (d artifact.Digest, key string, err error) {
	a := &assembly{Exporter: e, task: t, format: f, data: data, leads: leads}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.fix(ctx); err != nil {
		return artifact.Digest{}, "", err
	}
	c, interrupted := parseCursor(t.Cursor)
	if e.Made == nil || a.key == "" {
		d, err = a.make(ctx, c, interrupted)
		return d, "", err
	}
	return a.makeOnce(ctx, c, interrupted)
}

// make makes the file, from the cursor on if there is one that fits.
func (a *assembly) make(ctx context.Context, c cursor, interrupted bool) (artifact.Digest, error) {
	if interrupted {
		d, why, err := a.resume(ctx, c)
		if why == "" {
			return d, err
		}
		startOver(a.task, why)
	}
	if err := a.freeze(ctx); err != nil {
		return artifact.Digest{}, err
	}
	a.task.Meter.Anew()
	staged, err := a.stage(ctx, nil)
	if err != nil {
		return artifact.Digest{}, err
	}
	return a.write(ctx, artifact.NewWriter(staged), nil)
}

// startOver tells why an attempt does not go on where the one before was.
func startOver(t work.Task, why string) {
	t.Meter.Warn(jobs.Warning{Code: jobs.StartedOver, Message: "After an interruption this export began anew: " + why + "."})
}

// close closes what is read.
func (a *assembly) close() error {
	a.data.Close() // it was only read: nothing depends on this
	return a.copy.close(a.left)
}

// fix finds out what is to be exported, and by which digest to know it
// again.
func (a *assembly) fix(ctx context.Context) error {
	if a.data.Rows != nil {
		a.plan = a.data.Rows.Version()
		a.key = key(a.task.Job.Spec, a.format, a.plan)
		return nil
	}
	began := time.Now()
	plan, err := a.data.Files.Plan(ctx, a.task.Meter.Plan)
	if err != nil {
		return err
	}
	a.data.Files, a.plan = planned{a.data.Files, plan}, digest(ctx, plan)
	if settled(ctx, plan, began) {
		a.key = key(a.task.Job.Spec, a.format, a.plan)
	}
	return ctx.Err()
}

// resume goes on from a cursor, or says why it cannot.
func (a *assembly) resume(ctx context.Context, c cursor) (d artifact.Digest, why string, err error) {
	if why, ok := c.fits(a.format); !ok {
		return d, why, nil
	}
	if a.copy == nil && c.Plan != a.plan {
		return d, "the source has changed", nil
	}
	out, err := a.reopen(ctx, c)
	if errors.Is(err, artifact.ErrStale) {
		return d, "the unfinished file is not as it was left", nil
	}
	if err != nil {
		return d, "", err
	}
	d, err = a.write(ctx, out, c.State)
	switch {
	case errors.Is(err, format.ErrCheckpoint):
		return d, otherWay, nil
	case errors.Is(err, frozen.ErrDamaged):
		return d, damagedCopy, nil
	}
	return d, "", err
}

// reopen opens the unfinished file of a cursor, cut to where the cursor is.
func (a *assembly) reopen(ctx context.Context, c cursor) (*artifact.Writer, error) {
	mark, err := artifact.Mark(c.File)
	if err != nil {
		return nil, err
	}
	staged, err := a.stage(ctx, mark)
	if err != nil {
		return nil, err
	}
	out, err := artifact.ResumeWriter(staged, c.File)
	if err != nil {
		return nil, errors.Join(err, staged.Abort())
	}
	return out, nil
}

// write has the format write the file, or the rest of it. The unfinished file
// is left lying only where another attempt can go on with it: after a stop, after
// a failure that people may mend, and after the job was canceled, unless there
// is too little room to keep what may never be asked for again. What others need
// more is given back.
func (a *assembly) write(ctx context.Context, out *artifact.Writer, from []byte) (d artifact.Digest, err error) {
	s := &saver{
		ctx: ctx, out: out, keep: a.task.Keep, stopping: a.task.Stopping, stopped: work.ErrStopped,
		like:  cursor{Format: a.format.Name, Version: a.format.Version, Plan: a.plan, Copy: a.copy.mark()},
		bytes: cmp.Or(a.SaveBytes, 64<<20), every: cmp.Or(a.SaveEvery, 2*time.Second),
		size: out.Size(), at: time.Now(), any: from != nil,
	}
	if a.Room != nil {
		s.patience = &patience{room: a.Room, task: a.task}
	}
	if a.copy != nil {
		s.beside = a.copy.staged.Size()
	}
	if a.copy != nil && from == nil {
		s.at = time.Time{} // what the copy has cost is not to be lost
	}
	// After a commit neither does anything; after a panic Abort does.
	end := out.Abort
	defer func() { err = errors.Join(err, end()) }()
	d, err = a.run(ctx, out, from, s)
	if s.any && !errors.Is(err, errBack) && (s.isStopping() || taken(ctx, err) && !a.isLow() || mendable(err)) {
		end, a.left = out.Leave, true
	}
	return d, err
}

// mendable reports whether a run has failed for a reason that may be gone when
// it is tried again. A full disk is one, but not for a file that never fits.
func mendable(err error) bool {
	failure := (*jobs.Failure)(nil)
	return errors.As(err, &failure) != errors.Is(err, artifact.ErrFull) && !isTooLarge(err)
}

func (a *assembly) isLow() bool { return a.Room != nil && a.Room.Lack() != room.None }

// taken reports whether the run has ended because its job was taken away.
func taken(ctx context.Context, err error) bool {
	return errors.Is(err, jobs.ErrLost) || errors.Is(context.Cause(ctx), jobs.ErrLost)
}

func (a *assembly) run(ctx context.Context, out *artifact.Writer, from []byte, s *saver) (artifact.Digest, error) {
	t := format.Task{Out: out, Meter: a.task.Meter, Options: a.format.Complete(a.task.Job.Spec.Options), Workers: a.Workers, Rate: a.Throttle, From: from}
	if a.plan != "" || a.copy != nil {
		t.Save = s.save
	}
	if err := a.limit(out); err != nil {
		return artifact.Digest{}, err
	}
	err := failpoint.Err("format-begun")
	switch {
	case err != nil:
	case a.data.Files != nil:
		err = a.format.Files(ctx, t, a.data.Files)
	default:
		err = a.format.Rows(ctx, t, a.data.Rows)
	}
	if err != nil {
		return artifact.Digest{}, err
	}
	t.Meter.Seal()
	return out.Commit(ctx)
}
