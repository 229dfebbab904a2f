// Package export does one job: it opens the source, stages a file, lets the
// format write it, and makes it durable.
//
// An [Exporter] is also what a spec is held against before it becomes a job
// ([Exporter.Check]), so that what cannot work is refused while somebody is
// still there to read why.
//
// What is at fault in a request is a [*jobs.SpecError]; what went wrong with a
// source that people can do something about is a [*jobs.Failure].
package export

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/store"
)

// A Named source is one that the operator has configured.
type Named struct {
	Name string
	source.Source
}

// An Exporter makes files. All fields but Throttle are required.
type Exporter struct {
	Sources   []Named
	Formats   []format.Format
	Artifacts artifact.Store
	Workers   int   // goroutines that one job may compress with
	Throttle  int64 // bytes a second that one job may read; 0: as fast as it can
}

// Run does the work of one job. It is a work.Run.
func (e *Exporter) Run(ctx context.Context, l store.Lease, m *meter.Meter) (jobs.File, error) {
	spec := l.Job.Spec
	m.Plan(0, 0)
	f, err := e.format(spec)
	if err != nil {
		return jobs.File{}, asFailure(err)
	}
	data, err := e.open(ctx, spec)
	if err != nil {
		return jobs.File{}, asFailure(err)
	}
	d, err := e.assemble(ctx, l.Job.ID, f, spec, data, m)
	if cerr := data.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return jobs.File{}, asFailure(err)
	}
	return jobs.File{
		Name: format.FileName(spec, f), Size: d.Size, Type: f.Media,
		SHA256: hex.EncodeToString(d.SHA256[:]),
	}, nil
}

// open opens the selection of a source, read no faster than the Throttle.
func (e *Exporter) open(ctx context.Context, spec jobs.Spec) (source.Data, error) {
	s, err := e.source(spec)
	if err != nil {
		return source.Data{}, err
	}
	if err := s.Check(ctx, spec); err != nil {
		return source.Data{}, err
	}
	data, err := s.Open(ctx, spec)
	if err != nil {
		return source.Data{}, err
	}
	return throttle(data, e.Throttle), nil
}

// assemble writes the file and makes it durable, or leaves nothing behind.
func (e *Exporter) assemble(ctx context.Context, id jobs.ID, f format.Format, spec jobs.Spec, data source.Data, m *meter.Meter) (artifact.Digest, error) {
	staged, err := e.Artifacts.Stage(ctx, id, nil)
	if err != nil {
		return artifact.Digest{}, err
	}
	out := artifact.NewWriter(staged)
	d, err := write(ctx, f, format.Task{
		Out: out, Meter: m, Options: f.Complete(spec.Options), Workers: e.Workers,
		Save: func(func() []byte) error { return nil },
	}, data)
	if err != nil {
		return d, errors.Join(err, out.Abort())
	}
	return d, nil
}

func write(ctx context.Context, f format.Format, t format.Task, data source.Data) (artifact.Digest, error) {
	var err error
	if data.Files != nil {
		err = f.Files(ctx, t, data.Files)
	} else {
		err = f.Rows(ctx, t, data.Rows)
	}
	if err != nil {
		return artifact.Digest{}, err
	}
	t.Meter.Seal()
	return t.Out.Commit(ctx)
}

// asFailure turns what people can do something about into words for them.
func asFailure(err error) error {
	var spec *jobs.SpecError
	switch {
	case errors.As(err, &spec):
		return &jobs.Failure{Code: spec.Code, Message: spec.Message}
	case errors.Is(err, artifact.ErrFull):
		return &jobs.Failure{Code: "disk_full", Message: "The server has no room left for the file. Try again later."}
	case errors.Is(err, fs.ErrNotExist):
		return &jobs.Failure{Code: "source_gone", Message: "What was to be exported is no longer there."}
	}
	return err
}
