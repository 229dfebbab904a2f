package server

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"

	"example.org/carryout/app/demo"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/folder"
	"example.org/carryout/jobs/source/sqlite"
)

// located is a source and where it lies.
type located struct{ name, location string }

// locate lists the sources that are to be served, the demo's among them.
func locate(ctx context.Context, c Config) (all []located, err error) {
	for _, s := range c.Sources {
		one, err := parseSource(s)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if c.Demo {
		to := filepath.Join(c.Data, "demo")
		if err := demo.Write(ctx, to, quarters(c.Log)); err != nil {
			return nil, fmt.Errorf("writing the demo data: %w", err)
		}
		for _, s := range demo.Sources(to) {
			all = append(all, located{s.Name, s.Location})
		}
	}
	seen := make(map[string]bool)
	for _, s := range all {
		if seen[s.name] {
			return nil, fmt.Errorf("two sources have the name %q; give each its own", s.name)
		}
		seen[s.name] = true
	}
	return all, nil
}

// quarters logs how far the demo data has come, four times.
func quarters(log *slog.Logger) func(done float64) {
	next := 0.0
	return func(done float64) {
		if done >= next {
			log.Info("writing the demo data", "percent", int(done*100))
			next = done + 0.25
		}
	}
}

// parseSource reads NAME=LOCATION.
func parseSource(s string) (located, error) {
	name, location, ok := strings.Cut(s, "=")
	if !ok || location == "" {
		return located{}, fmt.Errorf("the source %q is not of the form NAME=FOLDER or NAME=sqlite:FILE", s)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`).MatchString(name) {
		return located{}, fmt.Errorf("%q cannot be the name of a source: use letters, digits, '.', '_' and '-', 64 at most", name)
	}
	return located{name, location}, nil
}

// openSources opens all of them, or none.
func openSources(all []located) (opened []export.Named, err error) {
	for _, one := range all {
		s, err := openSource(one.location)
		if err != nil {
			for _, o := range opened {
				o.Close()
			}
			return nil, fmt.Errorf("opening the source %s: %w", one.name, err)
		}
		opened = append(opened, export.Named{Name: one.name, Source: s})
	}
	return opened, nil
}

func openSource(location string) (source.Source, error) {
	if file, ok := strings.CutPrefix(location, "sqlite:"); ok {
		return sqlite.Open(file)
	}
	if scheme, _, ok := strings.Cut(location, "://"); ok {
		return nil, fmt.Errorf("sources of the kind %q are not known; give a folder or sqlite:FILE", scheme)
	}
	return folder.Open(location)
}
