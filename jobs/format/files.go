package format

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
)

// opening is what opening a file costs, in bytes that could be read meanwhile.
const opening = 16 << 10

// A container is what an archive looks like on disk: it knows nothing of
// sources, meters and warnings.
type container interface {
	// add writes one member. It reads the body to its end, and returns soon
	// after ctx is done.
	add(ctx context.Context, m member) error

	// close writes what stands at the end of the archive.
	close() error
}

// A member is one entry of an archive.
type member struct {
	name    string // in the archive; that of a folder ends with a slash
	mode    fs.FileMode
	modTime time.Time // UTC, whole seconds
	target  string    // of a symbolic link
	size    int64     // of a regular file, as planned
	body    io.Reader // of a regular file: at most size bytes
}

// archive puts files into c: what the formats for folders have in common.
type archive struct {
	task     Task
	in       source.Files
	out      container
	naming   naming
	pads     bool // out fills what is missing of a file with zeros
	warnings []jobs.Warning
}

func (a *archive) run(ctx context.Context) error {
	if a.task.From != nil {
		return ErrCheckpoint
	}
	plan, err := a.in.Plan(ctx, a.task.Meter.Plan)
	if err != nil {
		return err
	}
	for _, w := range plan.Warnings {
		a.warn(w)
	}
	a.task.Meter.Assemble(jobs.Known(int64(len(plan.Entries))), jobs.Known(plan.Bytes), meter.Cost{Item: opening, Byte: 1})
	for _, e := range plan.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		a.task.Meter.At(e.Path)
		if err := a.entry(ctx, e); err != nil {
			return err
		}
		a.task.Meter.Add(1, 0)
	}
	if err := a.report(ctx, plan); err != nil {
		return err
	}
	return a.out.close()
}

// entry puts one thing into the archive, or warns that it is left out.
func (a *archive) entry(ctx context.Context, e source.Entry) error {
	m := newMember(e, a.naming)
	if len(m.name) > longestName {
		a.warn(jobs.Warning{Code: "name_too_long", Path: e.Path, Message: "The name is too long for an archive, so it is left out."})
		a.task.Meter.Add(0, e.Size)
		return nil
	}
	if !e.Mode.IsRegular() {
		return a.out.add(ctx, m)
	}
	file, err := a.in.Open(ctx, e)
	if err != nil {
		a.task.Meter.Add(0, e.Size)
		return a.leaveOut(ctx, e, err)
	}
	b := &body{file: file, left: e.Size, meter: a.task.Meter}
	m.body = b
	err = a.out.add(ctx, m)
	// The file was only read: its Close has nothing to say that its reads did
	// not.
	_ = file.Close()
	if err != nil {
		return err
	}
	a.task.Meter.Add(0, b.left)
	if err := ctx.Err(); err != nil {
		return err // it may be all that was wrong with the file
	}
	a.compare(e, b)
	return nil
}

// leaveOut warns that a file cannot be opened, unless that ends the job.
func (a *archive) leaveOut(ctx context.Context, e source.Entry, err error) error {
	var failure *jobs.Failure
	if ctx.Err() != nil || errors.As(err, &failure) {
		return err
	}
	w := jobs.Warning{Code: "unreadable", Path: e.Path, Message: "The file could not be read, so it is left out."}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.Code, w.Message = "vanished", "The file was gone when its turn came, so it is left out."
	case errors.Is(err, source.ErrChanged):
		w.Code, w.Message = "changed", "It was no longer a file when its turn came, so it is left out."
	}
	a.warn(w)
	return nil
}

// compare warns if the file that was read is not the one that was planned.
func (a *archive) compare(e source.Entry, b *body) {
	w := jobs.Warning{Code: "changed", Path: e.Path}
	rest := "the archive has what could be read of it."
	if a.pads {
		rest = "the rest of it is filled with zeros."
	}
	switch {
	case b.failed:
		w.Code, w.Message = "unreadable", "The file could not be read to its end; "+rest
	case b.left > 0:
		w.Message = "The file became shorter while it was read; " + rest
	case b.longer:
		w.Message = "The file became longer; it ends where it did when the export began."
	default:
		return
	}
	a.warn(w)
}

// warn tells of something and keeps it for the report.
func (a *archive) warn(w jobs.Warning) {
	a.task.Meter.Warn(w)
	a.warnings = append(a.warnings, w)
}

// newMember normalizes an entry: permissions alone are kept, and whoever
// unpacks the archive may read what he got and remove it; times are UTC and
// whole seconds.
func newMember(e source.Entry, n naming) member {
	m := member{
		name:    n.name(e.Path),
		mode:    e.Mode.Type() | e.Mode.Perm() | 0o400,
		modTime: time.Unix(e.ModTime.Unix(), 0).UTC(),
		size:    e.Size,
	}
	switch {
	case e.Mode.IsDir():
		m.name, m.mode, m.size = m.name+"/", m.mode|0o700, 0
	case e.Mode&fs.ModeSymlink != 0:
		m.mode, m.target, m.size = fs.ModeSymlink|0o777, n.name(e.Target), 0
	}
	return m
}
