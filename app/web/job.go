package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/views"
	"example.org/carryout/views/words"
)

// logLines is how many events the log of a page shows at the most.
const logLines = 500

// job shows one job.
func (s *Site) job(w http.ResponseWriter, r *http.Request) error {
	if err := answerable(r, typeJSON, typeHTML); err != nil {
		return err
	}
	j, err := s.find(r.Context(), r)
	if err != nil {
		return err
	}
	if !prefersHTML(r) {
		writeJob(w, r, http.StatusOK, j)
		return nil
	}
	return s.jobPage(w, r, j)
}

func (s *Site) jobPage(w http.ResponseWriter, r *http.Request, j jobs.Job) error {
	events, err := s.recent(r.Context(), j)
	if err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, views.Job(views.JobPage{
		Shell: s.shell(), Job: j, Live: words.Of(j, time.Now()), Summary: words.Spec(j.Spec), Steps: words.Steps(j),
		Log: views.Log(events), Earlier: len(events) > 0 && events[0].Seq > 1,
		Speeds: speeds(events), Again: formPath(j.Spec), Base: base(r),
	}))
	return nil
}

// recent returns the newest events of a job, as many as a page shows.
func (s *Site) recent(ctx context.Context, j jobs.Job) ([]jobs.Event, error) {
	return s.History.Events(ctx, j.ID, max(0, j.LastEvent-logLines), logLines)
}

// speeds are the rates of a running job's latest progress, oldest first.
func speeds(events []jobs.Event) (rates []int64) {
	const most = 120
	for _, e := range events {
		if e.Kind == jobs.KindStarted {
			rates = rates[:0]
		}
		if e.Kind == jobs.KindProgress && e.Progress.Rate.Known {
			rates = append(rates, e.Progress.Rate.Value)
		}
	}
	return rates[max(0, len(rates)-most):]
}

// formPath is the address of the form, filled with spec.
func formPath(spec jobs.Spec) string {
	q := url.Values{"source": {spec.Source}, "format": {spec.Format}, "paths": spec.Paths, "columns": spec.Columns}
	if spec.Table != "" {
		q.Set("table", spec.Table)
	}
	for name, value := range spec.Options {
		q.Set("options."+name, value)
	}
	return "/?" + q.Encode()
}

// base is the scheme and the host under which the client has asked.
func base(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
