package export

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/frozen"
	"example.org/carryout/jobs/work"
)

// sample is how many rows are looked at to guess how large a table is.
const sample = 100

// copied is a frozen copy in a staged file of the job.
type copied struct {
	staged artifact.Staged
	name   copyMark
}

// A copyMark is what finds a copy again, and tells that it is the same.
type copyMark struct {
	Mark   []byte `json:"mark"`   // of the staged file
	Digest string `json:"digest"` // of the rows, in hexadecimal
}

// mark returns nil for no copy.
func (c *copied) mark() *copyMark {
	if c == nil {
		return nil
	}
	return &c.name
}

// close throws the copy away, unless another attempt may go on with it.
func (c *copied) close(leave bool) error {
	switch {
	case c == nil:
		return nil
	case leave:
		return c.staged.Leave()
	}
	return c.staged.Abort()
}

// freeze copies the rows if they are many, and has them read from the copy; the
// source is let go. A disk without room for the copy is no reason to fail: then
// they are read where they lie.
func (a *assembly) freeze(ctx context.Context) error {
	large, err := a.isLarge(ctx)
	if err != nil || !large {
		return err
	}
	staged, err := a.Artifacts.Stage(ctx, a.task.Job.ID, nil)
	if errors.Is(err, artifact.ErrFull) {
		return nil
	}
	if err != nil {
		return err
	}
	c := &copied{staged: staged}
	rows, err := c.fill(ctx, a.data.Rows, a.task, a.isLow)
	if err != nil {
		err = errors.Join(err, staged.Abort())
	}
	if errors.Is(err, artifact.ErrFull) {
		return nil
	}
	if err != nil {
		return err
	}
	a.data.Close() // was only read
	a.copy, a.data = c, source.Data{Rows: rows}
	return nil
}

// isLarge guesses whether the rows take so many bytes that they are to be
// frozen. That they are counted for it costs nothing: they would be anyway.
func (a *assembly) isLarge(ctx context.Context) (bool, error) {
	if a.Freeze <= 0 || a.data.Rows == nil {
		return false, nil
	}
	n, err := a.data.Rows.Count(ctx)
	if err != nil {
		return false, err
	}
	a.data.Rows = counted{a.data.Rows, n}
	seen, bytes := int64(0), int64(0)
	err = a.data.Rows.Each(ctx, source.Start, func(_ source.Position, row []source.Value) error {
		seen, bytes = seen+1, bytes+int64(size(row))
		if seen == sample {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return false, err
	}
	return seen > 0 && float64(bytes)/float64(seen)*float64(n) >= float64(a.Freeze), nil
}

// errEnough ends the reading of a sample.
var errEnough = errors.New("that is enough")

// counted are rows that are not counted again.
type counted struct {
	source.Rows
	rows int64
}

func (c counted) Count(ctx context.Context) (int64, error) { return c.rows, ctx.Err() }

// fill copies rows, makes the copy durable and opens it. While it does, the job
// is planning, and the meter says how much has been found. Where room is low it
// returns artifact.ErrFull.
func (c *copied) fill(ctx context.Context, rows source.Rows, t work.Task, low func() bool) (source.Rows, error) {
	d, err := frozen.Copy(ctx, c.staged, rows, func(rows, bytes int64) error {
		t.Meter.Plan(rows, bytes)
		if low() {
			return artifact.ErrFull // what others need is not for a copy
		}
		select {
		case <-t.Stopping:
			return work.ErrStopped // half a copy is of no use
		default:
			return nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("freezing the rows: %w", err)
	}
	c.name.Digest = hex.EncodeToString(d[:])
	failpoint.At("copy-written")
	if c.name.Mark, err = c.staged.Checkpoint(); err != nil {
		return nil, err
	}
	failpoint.At("copy-kept")
	return frozen.Open(c.staged, c.staged.Size())
}

// thaw goes on with the copy that an earlier attempt has made, whatever has
// become of the table, or says why it cannot.
func (e *Exporter) thaw(ctx context.Context, t work.Task, f format.Format, c cursor, leads *leader) (d artifact.Digest, whole, why string, err error) {
	if _, err := e.source(t.Job.Spec); err != nil {
		return d, "", "", err // it is not to be exported any more
	}
	staged, err := e.Artifacts.Stage(ctx, t.Job.ID, c.Copy.Mark)
	if errors.Is(err, artifact.ErrStale) {
		return d, "", damagedCopy, nil
	}
	if err != nil {
		return d, "", "", err
	}
	a := &assembly{Exporter: e, task: t, format: f, plan: c.Plan, copy: &copied{staged, *c.Copy}, leads: leads}
	defer func() { err = errors.Join(err, a.copy.close(a.left)) }()
	rows, err := frozen.Open(staged, staged.Size())
	if errors.Is(err, frozen.ErrDamaged) || err == nil && rows.Version() != c.Copy.Digest {
		return d, "", damagedCopy, nil
	}
	if err != nil {
		return d, "", "", err
	}
	a.data.Rows = rows
	failpoint.At("copy-opened")
	if e.Made != nil {
		a.key = key(t.Job.Spec, f, c.Plan)
	}
	d, why, err = a.resume(ctx, c)
	if why == "" && err == nil {
		leads.land(true)
	}
	return d, a.whole(), why, err
}
