package web

import (
	"context"
	"net/http"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/store"
	"example.org/carryout/views"
	"example.org/carryout/views/human"
)

// recentJobs is how many jobs stand beside the form.
const recentJobs = 8

// newPage shows the form, filled with what the query says: by that the form
// shows another source, or opens a folder, without a script.
func (s *Site) newPage(w http.ResponseWriter, r *http.Request) error {
	if err := answerable(r, typeHTML); err != nil {
		return err
	}
	f := fields(r.URL.Query())
	open := f.takeAll("open")
	f.takeAll("idempotency_key") // of the form that was shown before
	spec, err := f.takeSpec()
	if err != nil {
		return err
	}
	return s.form(w, r, refusal{Status: http.StatusOK}, filled{Spec: spec, open: open})
}

// filled is what stands in the form.
type filled struct {
	jobs.Spec
	open   []string // folders; one that is named twice was closed again
	errors views.Errors
}

// form shows the form, with the status and the headers of how, if that has any.
func (s *Site) form(w http.ResponseWriter, r *http.Request, how refusal, in filled) error {
	p := views.NewPage{Shell: s.shell(), Key: s.NewKey(), Errors: in.errors}
	recent, _, err := s.Board.List(r.Context(), store.Filter{Owner: s.reader(r), Limit: recentJobs})
	if err != nil {
		return err
	}
	p.Recent = rows(recent, time.Now())
	if err := s.fill(r.Context(), &p, in); err != nil {
		return err
	}
	how.setHeaders(w.Header())
	s.render(w, r, how.Status, views.New(p))
	return nil
}

// fill adds the sources, and what the chosen one offers.
func (s *Site) fill(ctx context.Context, p *views.NewPage, in filled) error {
	chosen := s.chosen(in.Source)
	for i, src := range s.Export.Sources {
		about, err := src.About(ctx)
		if err != nil {
			return err
		}
		p.Sources = append(p.Sources, views.Choice{Value: src.Name, Title: src.Name, Hint: hint(about), Kind: string(about.Kind), Chosen: i == chosen})
		if i != chosen {
			continue
		}
		p.Chosen, p.Folder = true, about.Kind == source.KindFolder
		if err := fillSelection(ctx, p, src, in); err != nil {
			p.Errors = withError(p.Errors, "source", err)
		}
		fillFormats(p, s.Export.Fitting(about.Kind), in.Spec)
	}
	return nil
}

// chosen is the index of the source of that name; the first if there is none.
func (s *Site) chosen(name string) int {
	for i, src := range s.Export.Sources {
		if src.Name == name {
			return i
		}
	}
	return 0
}

func fillSelection(ctx context.Context, p *views.NewPage, src export.Named, in filled) error {
	switch src := src.Source.(type) {
	case source.Folder:
		return fillTree(ctx, p, src, in)
	case source.Database:
		return fillTables(ctx, p, src, in)
	}
	return nil
}

// withError adds what problem says of err about a field.
func withError(all views.Errors, field string, err error) views.Errors {
	if all == nil {
		all = make(views.Errors)
	}
	all[field] = problem(err).Detail
	return all
}

func hint(a source.About) string {
	one, more := "file", "files"
	if a.Kind == source.KindDatabase {
		one, more = "table", "tables"
	}
	words := ""
	if a.Items.Known {
		words = human.Of(a.Items.Value, one, more)
	}
	if a.Bytes.Known {
		if words != "" {
			words += " · "
		}
		words += human.Bytes(a.Bytes.Value)
	}
	if words == "" {
		return "being counted"
	}
	return words
}

// fillFormats adds the formats that fit, and the options of the chosen one.
func fillFormats(p *views.NewPage, fit []format.Format, spec jobs.Spec) {
	chosen := 0
	for i, f := range fit {
		if f.Name == spec.Format {
			chosen = i
		}
	}
	for i, f := range fit {
		p.Formats = append(p.Formats, views.Choice{Value: f.Name, Title: f.Title, Hint: f.Hint, Chosen: i == chosen})
	}
	if len(fit) > 0 {
		p.Options = selects(fit[chosen], spec.Options)
	}
}

func selects(f format.Format, given map[string]string) (all []views.Select) {
	values := f.Complete(given)
	for _, o := range f.Options {
		one := views.Select{Name: o.Name, Title: o.Title}
		for _, c := range o.Values {
			one.Values = append(one.Values, views.Choice{Value: c.Value, Title: c.Title, Chosen: c.Value == values[o.Name]})
		}
		all = append(all, one)
	}
	return all
}
