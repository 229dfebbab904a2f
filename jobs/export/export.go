// Package export does one job: it opens the source, stages a file, lets the
// format write it, and makes it durable.
//
// An [Exporter] is also what a spec is held against before it becomes a job
// ([Exporter.Check]), so that what cannot work is refused while somebody is
// still there to read why.
//
// While it works, it keeps a cursor every 64 MiB or 2 s: the file up to there is
// durable, and the plan of the source, the encoder and the file can be told to
// be the same. An attempt after a crash cuts the file to the cursor and goes on;
// what it makes is byte for byte what one attempt would have made. Where
// something is not the same it starts over, with a warning that says why.
//
// A table may change as long as it is exported, and after a crash nothing
// brings back what it held. So the rows of a large one are copied first (package
// frozen), to a second staged file of the job, and read from there. A small one
// is read where it lies: if it has changed after a crash, little is lost.
//
// What is at fault in a request is a [*jobs.SpecError]; what went wrong with a
// source that people can do something about is a [*jobs.Failure].
package export

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/work"
)

// A Named source is one that the operator has configured.
type Named struct {
	Name string
	source.Source
}

// An Exporter makes files. The fields down to
// Workers are required.
type Exporter struct {
	Sources   []Named
	Formats   []format.Format
	Artifacts artifact.Store
	Workers   int   // goroutines that one job may compress with
	Throttle  int64 // bytes a second that one job may read; 0: as fast as it can
	MaxSize   int64 // bytes that one file may have; 0: as many as come

	// A cursor is kept after so many bytes or so long, whichever is first.
	SaveBytes int64         // 0: 64 MiB
	SaveEvery time.Duration // 0: 2 s

	// Freeze is how many bytes the rows of a table take, by a guess, from which
	// on they are copied before they are exported; 0: never.
	Freeze int64

	Room Room // nil: nobody waits for any, and a full disk fails a job

	// Made returns ready jobs whose file has that key. nil: every file is made
	// anew, else the file of an equal export is used again, if its source has not
	// changed since.
	Made func(ctx context.Context, key string, n int) ([]jobs.Job, error)

	flights flights // what is being made
}

// Run does the work of one job. It is a [work.Run].
func (e *Exporter) Run(ctx context.Context, t work.Task) (jobs.File, error) {
	if e.Room == nil {
		f, err := e.run(ctx, t)
		return f, noRoom(err)
	}
	p := &patience{room: e.Room, task: t}
	e.Room.Enter(p.attempt())
	leave := func() { e.Room.Leave(p.attempt()) }
	defer leave()
	t.Rest = func() {
		leave()
		if p.task.Rest != nil {
			p.task.Rest()
		}
	}
	if err := p.start(ctx, e.Artifacts); err != nil {
		return jobs.File{}, err
	}
	f, err := e.run(ctx, t)
	if passesLater(err) {
		e.Room.Full() // so that the next attempt does not begin at once
	}
	return f, err
}

func (e *Exporter) run(ctx context.Context, t work.Task) (jobs.File, error) {
	t.Meter.Plan(0, 0)
	f, err := e.format(t.Job.Spec)
	if err != nil {
		return jobs.File{}, asFailure(err)
	}
	leads := e.leader(t)
	defer leads.land(false) // unless it has landed before
	c, interrupted := parseCursor(t.Cursor)
	if interrupted && e.Made != nil {
		leads.fly(key(t.Job.Spec, f, c.Plan)) // before others come who have done nothing yet
	}
	if interrupted && c.Copy != nil {
		d, key, why, err := e.thaw(ctx, t, f, c, leads)
		if why == "" {
			return describe(t.Job.Spec, f, d, key, err)
		}
		startOver(t, why)
		t.Cursor = nil
	}
	data, err := e.open(ctx, t.Job.Spec)
	if err != nil {
		return jobs.File{}, gone(asFailure(err))
	}
	d, key, err := e.assemble(ctx, t, f, data, leads)
	return describe(t.Job.Spec, f, d, key, err)
}

// describe says what was made, or what went wrong.
func describe(spec jobs.Spec, f format.Format, d artifact.Digest, key string, err error) (jobs.File, error) {
	if err != nil {
		return jobs.File{}, asFailure(err)
	}
	return jobs.File{
		Name: format.FileName(spec, f), Size: d.Size, Type: f.Media,
		SHA256: hex.EncodeToString(d.SHA256[:]), Key: key,
	}, nil
}

// open opens the selection of a source, read no faster than the Throttle. What
// is configured may have changed since the spec was checked.
func (e *Exporter) open(ctx context.Context, spec jobs.Spec) (source.Data, error) {
	if err := e.Check(ctx, spec); err != nil {
		return source.Data{}, err
	}
	s, err := e.source(spec)
	if err != nil {
		return source.Data{}, err
	}
	data, err := s.Open(ctx, spec)
	if err != nil {
		return source.Data{}, err
	}
	return throttle(data, e.Throttle), nil
}

// asFailure turns what people can do something about into words for them.
func asFailure(err error) error {
	var spec *jobs.SpecError
	if errors.As(err, &spec) {
		return &jobs.Failure{Code: spec.Code, Message: spec.Message}
	}
	return err
}

// noRoom is for errors of those who do not wait for room.
func noRoom(err error) error {
	if errors.Is(err, artifact.ErrFull) {
		return &jobs.Failure{Code: "disk_full", Message: "The server has no room left for the file. Try again later."}
	}
	return err
}

// gone is for errors of opening a source: what is missing then is the source.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &jobs.Failure{Code: "source_gone", Message: "What was to be exported is no longer there."}
	}
	return err
}
