package format

import (
	"context"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/source"
)

// archive puts files into a container: what the formats for folders have in
// common.
//
// The plan is cut into pieces ([cuts]), each some small files or a part of a
// large one. One goroutine cuts, some workers read and pack, one writes what
// they have packed in the order of the plan. A piece becomes the same bytes
// whoever packs it, so their number leaves no trace in the file. Between two
// pieces the file may be cut, and the work goes on from there.
type archive struct {
	task   Task
	in     source.Files
	out    container
	rules  rules // for names, but whether they are to be portable
	kinds  *kinds
	strict bool // what is left out or changed under the reader ends the job

	plan     source.Plan
	names    names
	changes  []change
	identity [16]byte // of the plan and the options
	at       place    // up to which everything is written
	notes    notes    // of the entries before it
}

// A place is a point between two pieces.
type place struct {
	entry  int   // of the plan
	offset int64 // in its content; above 0 only in a large file
}

func (a *archive) run(ctx context.Context) error {
	var err error
	if a.plan, err = a.in.Plan(ctx, a.task.Meter.Plan); err != nil {
		return err
	}
	if err := a.prepare(ctx); err != nil {
		return err
	}
	a.identity = identify(ctx, a.plan, a.task.Options)
	a.kinds = sortOut(ctx, a.plan, a.out.effort())
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := a.probe(ctx); err != nil {
		return err
	}
	a.kinds.await(a.task.Rate)
	total := jobs.Known(int64(len(a.plan.Entries)))
	a.task.Meter.Assemble(total, jobs.Known(a.plan.Bytes), a.kinds.list()...)
	if err := a.start(); err != nil {
		return err
	}
	if err := a.assemble(ctx); err != nil {
		return err
	}
	if err := a.report(ctx); err != nil {
		return err
	}
	return a.out.end(a, len(a.plan.Entries))
}

// start begins, or goes on from a checkpoint.
func (a *archive) start() error {
	if a.task.From == nil {
		a.warn()
		return a.out.begin()
	}
	if err := a.restore(a.task.From); err != nil {
		return err
	}
	a.warn()
	bytes := a.at.offset
	for _, e := range a.plan.Entries[:a.at.entry] {
		bytes += e.Size
	}
	a.task.Meter.Worked(a.kinds.entries(0, a.at.entry)...)
	if a.at.offset > 0 {
		a.task.Meter.Worked(a.kinds.bytes(a.at.entry, a.at.offset, 0)...)
	}
	if a.kinds.slow {
		a.task.Meter.Worked(a.kinds.read(bytes)...)
	}
	a.task.Meter.Resume(int64(a.at.entry), bytes)
	return nil
}

// warn tells what is left out or changed up to a.at. An attempt that goes on
// tells it again: its meter holds what is to be said of the whole file.
func (a *archive) warn() {
	for _, w := range a.plan.Warnings {
		a.task.Meter.Warn(w)
	}
	for _, w := range summary(a.changes) {
		a.task.Meter.Warn(w)
	}
	for _, n := range a.notes {
		a.task.Meter.Warn(a.warning(n))
	}
}

// assemble packs all entries that come after a.at. Every goroutine that it
// starts has ended when it returns.
func (a *archive) assemble(ctx context.Context) error {
	workers, pieces := a.out.cuts().share(a.task.Workers)
	packers := make([]packer, workers)
	for i := range packers {
		var err error
		if packers[i], err = a.out.packer(); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	l := newLine(pieces)
	cut := &cutter{archive: a, line: l, cuts: a.out.cuts(), tail: a.out.tail()}
	group.Go(guard(func() error { return cut.run(ctx, a.at) }))
	for _, p := range packers {
		group.Go(guard(func() error { return a.pack(ctx, l, p) }))
	}
	group.Go(guard(func() error { return a.write(ctx, l) }))
	return group.Wait()
}

// pack packs pieces until there are none.
func (a *archive) pack(ctx context.Context, l *line, k packer) error {
	for {
		p, err := l.work(ctx)
		if p == nil {
			return err
		}
		if p.large {
			err = k.part(ctx, p)
		} else {
			err = k.batch(ctx, p, a)
		}
		if err != nil {
			return err
		}
		a.count(p)
		failpoint.At("piece-packed")
		p.packed <- struct{}{}
	}
}

// write writes the pieces in their order.
func (a *archive) write(ctx context.Context, l *line) error {
	for {
		p, err := l.next(ctx)
		if p == nil {
			return err
		}
		a.task.Meter.At(a.plan.Entries[p.next-1].Path)
		if a.strict && len(p.notes) > 0 {
			return asked(a.warning(p.notes[0]))
		}
		mayCut, err := a.out.write(p)
		if err != nil {
			return err
		}
		a.written(p)
		l.give(p)
		if mayCut && a.task.Save != nil {
			if err := a.task.Save(a.state); err != nil {
				return err
			}
		}
	}
}

// count counts the work of a piece that is packed.
func (a *archive) count(p *piece) {
	switch {
	case !p.large:
		a.task.Meter.Worked(a.kinds.entries(p.first, p.next)...)
	case p.last:
		a.task.Meter.Worked(a.kinds.bytes(p.first, p.bytes, 1)...)
	default:
		a.task.Meter.Worked(a.kinds.bytes(p.first, p.bytes, 0)...)
	}
}

// written counts a piece, and tells what was left out of it.
func (a *archive) written(p *piece) {
	a.at = p.end()
	a.task.Meter.Add(p.items, p.bytes)
	for _, n := range p.notes {
		a.notes = append(a.notes, n)
		a.task.Meter.Warn(a.warning(n))
	}
}

func (a *archive) warning(n note) jobs.Warning {
	return n.fate.warning(a.plan.Entries[n.entry].Path, a.out.cuts().align > 0)
}

// warnings returns what the report is to say.
func (a *archive) warnings() []jobs.Warning {
	all := append([]jobs.Warning(nil), a.plan.Warnings...)
	for _, c := range a.changes {
		all = append(all, c.warning())
	}
	for _, n := range a.notes {
		all = append(all, a.warning(n))
	}
	return all
}
