package format

import (
	"context"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
)

const (
	chunkRows  = 1000     // written together, at most
	chunkBytes = 64 << 10 // enough to be written together
	keepBuffer = 1 << 20  // a longer one, made for a huge value, is given back

	rowCost = 1e-6 // seconds, at a guess
)

// A sheet is what a table looks like in a file: text, row by row.
type sheet interface {
	// head appends what comes before the first row. It is asked before all
	// rows, also where the file has its head already.
	head(b []byte, columns []source.Column) []byte

	// row appends one row, and counts in l what the file cannot hold.
	row(b []byte, values []source.Value, l *losses) []byte
}

// table puts rows into a sheet: what the formats for tables have in common.
type table struct {
	task  Task
	in    source.Rows
	sheet sheet

	buf     []byte
	pending int64 // rows in buf
	at      cursor
}

func (t *table) run(ctx context.Context) error {
	m := t.task.Meter
	m.Plan(0, 0)
	count, err := t.in.Count(ctx)
	if err != nil {
		return err
	}
	m.Assemble(jobs.Known(count), jobs.Maybe[int64]{}, meter.Kind{Units: float64(count), Cost: rowCost})
	t.at = cursor{position: source.Start}
	if t.task.From != nil {
		if t.at, err = parseCursor(t.task.From); err != nil {
			return err
		}
		m.Worked(float64(t.at.rows))
		m.Resume(t.at.rows, t.task.Out.Size())
	}
	head := t.sheet.head(nil, t.in.Columns())
	if t.task.From == nil {
		t.buf = head
	}
	if err := t.in.Each(ctx, t.at.position, func(at source.Position, row []source.Value) error {
		return t.row(ctx, at, row)
	}); err != nil {
		return err
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	for _, w := range t.at.losses.warnings() {
		m.Warn(w)
	}
	return nil
}

func (t *table) row(ctx context.Context, at source.Position, row []source.Value) error {
	t.buf = t.sheet.row(t.buf, row, &t.at.losses)
	t.at.position = at
	t.pending++
	if t.pending < chunkRows && len(t.buf) < chunkBytes {
		return nil
	}
	return t.flush(ctx)
}

// flush writes the chunk, after which the file may be cut.
func (t *table) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := t.task.Out.Write(t.buf)
	if err != nil {
		return err
	}
	t.task.Meter.Add(t.pending, int64(n))
	t.task.Meter.Worked(float64(t.pending))
	t.at.rows += t.pending
	t.pending, t.buf = 0, t.buf[:0]
	if cap(t.buf) > keepBuffer {
		t.buf = nil
	}
	if t.task.Save == nil {
		return nil
	}
	return t.task.Save(t.at.append)
}
