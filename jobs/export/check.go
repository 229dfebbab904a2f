package export

import (
	"context"
	"maps"
	"strings"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source"
)

// Check returns a *jobs.SpecError if spec cannot work: an unknown source, a
// selection that is not there, a format that does not fit, an option it does
// not have.
func (e *Exporter) Check(ctx context.Context, spec jobs.Spec) error {
	s, err := e.source(spec)
	if err != nil {
		return err
	}
	f, err := e.format(spec)
	if err != nil {
		return err
	}
	about, err := s.About(ctx)
	if err != nil {
		return err
	}
	if !Fits(f, about.Kind) {
		return &jobs.SpecError{Field: "format", Code: "format_does_not_fit",
			Message: f.Name + " cannot hold a " + string(about.Kind) + ". Choose one of " + names(e.Fitting(about.Kind)) + "."}
	}
	if err := s.Check(ctx, spec); err != nil {
		return err
	}
	return f.Check(spec.Options)
}

// Fit leaves out of spec what belongs to another kind of source or to another
// format. A form without a client sends it along: it was filled for the source
// and the format that were chosen before.
func (e *Exporter) Fit(ctx context.Context, spec jobs.Spec) jobs.Spec {
	if s, err := e.source(spec); err == nil {
		if about, err := s.About(ctx); err == nil && about.Kind == source.KindFolder {
			spec.Table, spec.Columns = "", nil
		} else if err == nil {
			spec.Paths = nil
		}
	}
	if f, err := e.format(spec); err == nil {
		spec.Options = maps.Clone(spec.Options)
		maps.DeleteFunc(spec.Options, func(name, _ string) bool { return !f.Has(name) })
	}
	return spec
}

// Fits reports whether a source of that kind can become that format.
func Fits(f format.Format, k source.Kind) bool {
	return k == source.KindFolder && f.Files != nil || k == source.KindDatabase && f.Rows != nil
}

// Fitting returns the formats for a source of that kind.
func (e *Exporter) Fitting(k source.Kind) (fit []format.Format) {
	for _, f := range e.Formats {
		if Fits(f, k) {
			fit = append(fit, f)
		}
	}
	return fit
}

// source returns the source that spec names.
func (e *Exporter) source(spec jobs.Spec) (source.Source, error) {
	var known []string
	for _, s := range e.Sources {
		if s.Name == spec.Source {
			return s.Source, nil
		}
		known = append(known, s.Name)
	}
	return nil, &jobs.SpecError{Field: "source", Code: "unknown_source",
		Message: "There is no source of that name. Choose one of " + list(known) + "."}
}

// format returns the format that spec names.
func (e *Exporter) format(spec jobs.Spec) (format.Format, error) {
	for _, f := range e.Formats {
		if f.Name == spec.Format {
			return f, nil
		}
	}
	return format.Format{}, &jobs.SpecError{Field: "format", Code: "unknown_format",
		Message: "There is no format of that name. Choose one of " + names(e.Formats) + "."}
}

func names(formats []format.Format) string {
	var all []string
	for _, f := range formats {
		all = append(all, f.Name)
	}
	return list(all)
}

func list(names []string) string {
	if len(names) == 0 {
		return "none: nothing is configured"
	}
	return strings.Join(names, ", ")
}
