package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
)

func get() command {
	return command{
		name: "get", args: "[-server URL] [-o FILE] [-format F] [-option K=V]... SOURCE [PATH... | TABLE] | JOB-URL",
		short: "ask for an export, follow it, and download its file",
		long: `
Get asks for an export of SOURCE: of a folder all of it, or the paths that are
named; of a database one table. It shows how the work comes along, downloads
the file, checks its SHA-256, and only then gives it its name.

With the address of an export it does the same for that one. So it goes on
after an interruption: what has been downloaded is kept beside the file, with
".part" at the end of its name. A device or a named pipe after -o is written to
as standard output is.

  carryout get docs
  carryout get docs reports/2026 readme.md -o reports.zip
  carryout get shop orders -columns id,total -format jsonl
  carryout get -o - shop orders | head

What it prints in the end is what "sha256sum -c" reads.`,
		setup: func(sh shell, flags *flag.FlagSet) action {
			r := remoteFlag(sh, flags)
			var o order
			flags.StringVar(&o.format, "format", "", "kind of file, `F`; by default the source's usual one")
			flags.Func("option", "choice for the format, `K=V`; may be repeated", o.option)
			flags.Func("columns", "columns of the table, `A,B,...`; by default all", o.column)
			to := flags.String("o", "", "where the file goes, `FILE` or folder; \"-\": to standard output; by default here, under its own name")
			return func(ctx context.Context, args []string) error {
				if len(args) == 0 {
					return &usageError{text: "name a source, or give the address of an export"}
				}
				if err := possible(*to); err != nil {
					return err
				}
				show := newDisplay(sh)
				f := fetch{sh: sh, show: show, to: *to}
				if strings.Contains(args[0], "://") || jobs.ID(args[0]).Valid() {
					if len(args) > 1 || !o.empty() {
						return &usageError{text: "the address of an export stands alone, since it says already what is exported"}
					}
					base, id, err := r.job(args[0])
					if err != nil {
						return err
					}
					f.client = r.client(base, show.note)
					return f.existing(ctx, id)
				}
				f.client = r.client(r.base, show.note)
				return f.ordered(ctx, o, args[0], args[1:])
			}
		},
	}
}

// order is what the flags say of what is to be exported.
type order struct {
	format  string
	options map[string]string
	columns []string
}

func (o *order) empty() bool { return o.format == "" && o.options == nil && o.columns == nil }

func (o *order) option(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return errors.New("it is not of the form K=V")
	}
	if _, twice := o.options[name]; twice {
		return fmt.Errorf("%q is chosen twice", name)
	}
	if o.options == nil {
		o.options = map[string]string{}
	}
	o.options[name] = value
	return nil
}

func (o *order) column(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		if name == "" {
			return errors.New("a column has no name")
		}
		o.columns = append(o.columns, name)
	}
	return nil
}

// spec makes a request of the order, of which the server knows what kind of
// source it is about.
func (o *order) spec(sources []client.Source, name string, selection []string) (jobs.Spec, error) {
	s := jobs.Spec{Source: name, Format: o.format, Options: o.options, Columns: o.columns}
	i := slices.IndexFunc(sources, func(s client.Source) bool { return s.Name == name })
	if i < 0 {
		return s, fmt.Errorf("there is no source %q; there is %s", name, names(sources))
	}
	switch source := sources[i]; {
	case source.Kind == client.KindDatabase && len(selection) != 1:
		return s, &usageError{text: fmt.Sprintf("%q is a database; name the one table to export after it", name)}
	case source.Kind == client.KindDatabase:
		s.Table = selection[0]
	case o.columns != nil:
		return s, &usageError{text: fmt.Sprintf("%q is a folder and has no columns", name)}
	default:
		s.Paths = selection
	}
	if s.Format == "" && len(sources[i].Formats) > 0 {
		s.Format = sources[i].Formats[0].Name
	}
	return s, nil
}

func names(sources []client.Source) string {
	if len(sources) == 0 {
		return "none on this server"
	}
	var list []string
	for _, s := range sources {
		list = append(list, s.Name)
	}
	return strings.Join(list, ", ")
}

// ordered asks for an export and fetches it.
func (f *fetch) ordered(ctx context.Context, o order, source string, selection []string) error {
	sources, err := f.client.Sources(ctx)
	if err != nil {
		return err
	}
	spec, err := o.spec(sources, source, selection)
	if err != nil {
		return err
	}
	j, err := f.client.Submit(ctx, spec, rand.Text())
	if err != nil {
		return err
	}
	f.show.note(f.client.JobURL(j.ID))
	return f.run(ctx, j)
}

// existing fetches an export that there is already.
func (f *fetch) existing(ctx context.Context, id jobs.ID) error {
	j, err := f.client.Job(ctx, id)
	if err != nil {
		return err
	}
	return f.run(ctx, j)
}
