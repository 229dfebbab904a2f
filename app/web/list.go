package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
	"example.org/carryout/views"
	"example.org/carryout/views/human"
	"example.org/carryout/views/words"
)

const (
	perPage    = 50
	maxPerPage = 500
)

// list shows the jobs, newest first.
func (s *Site) list(w http.ResponseWriter, r *http.Request) error {
	if err := answerable(r, typeJSON, typeHTML); err != nil {
		return err
	}
	f, err := filter(s.reader(r), r.URL.Query())
	if err != nil {
		return err
	}
	page, next, err := s.Board.List(r.Context(), f)
	if err != nil {
		return err
	}
	older := ""
	if next != "" {
		older = listPath(f, next)
	}
	if prefersHTML(r) {
		return s.listPage(w, r, f, page, older)
	}
	out := struct {
		Jobs []json.RawMessage `json:"jobs"`
		Next *string           `json:"next"` // address of the next page
	}{Jobs: make([]json.RawMessage, len(page))}
	for i, j := range page {
		out.Jobs[i] = wire.AppendJob(nil, j)
	}
	if older != "" {
		out.Next = &older
	}
	return reply(w, r, out)
}

// filter reads what part of the list is asked for.
func filter(owner string, q url.Values) (f store.Filter, err error) {
	f = store.Filter{Owner: owner, State: jobs.State(q.Get("state")), After: q.Get("after"), Limit: perPage}
	if f.State != "" && !slices.Contains(jobs.States(), f.State) {
		return f, malformed("state", "There is no such state. Choose one of queued, running, ready, failed, canceled, expired.")
	}
	if n := q.Get("limit"); n != "" {
		if f.Limit, err = strconv.Atoi(n); err != nil || f.Limit < 1 || f.Limit > maxPerPage {
			return f, malformed("limit", "\"limit\" is a whole number from 1 to 500.")
		}
	}
	return f, nil
}

// listPath is the address of a page of the list.
func listPath(f store.Filter, after string) string {
	q := url.Values{}
	if f.State != "" {
		q.Set("state", string(f.State))
	}
	if f.Limit != perPage {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return "/jobs"
	}
	return "/jobs?" + q.Encode()
}

func (s *Site) listPage(w http.ResponseWriter, r *http.Request, f store.Filter, page []jobs.Job, older string) error {
	counts, err := s.counts(r)
	if err != nil {
		return err
	}
	p := views.JobsPage{Shell: s.shell(), Rows: rows(page, time.Now()), Older: older, Some: f.State != ""}
	if f.After != "" {
		p.Newest = listPath(f, "")
	}
	p.Filters = filters(f.State, counts)
	s.render(w, r, http.StatusOK, views.Jobs(p))
	return nil
}

// counts returns how many of the jobs that a request may see are in each state.
func (s *Site) counts(r *http.Request) (map[jobs.State]int64, error) {
	if reader := s.reader(r); reader != "" {
		return s.Board.CountOf(r.Context(), reader)
	}
	return s.Board.Count(r.Context())
}

// filters are the links by which the list is narrowed.
func filters(current jobs.State, counts map[jobs.State]int64) []views.Filter {
	var all int64
	for _, n := range counts {
		all += n
	}
	out := []views.Filter{{Link: views.Link{Text: "All", URL: "/jobs"}, Count: human.Count(all), Current: current == ""}}
	for _, state := range jobs.States() {
		text := "Running" // of a running job, words tell the phase
		if state != jobs.Running {
			text = words.State(jobs.Job{State: state})
		}
		out = append(out, views.Filter{
			Link:    views.Link{Text: text, URL: listPath(store.Filter{State: state, Limit: perPage}, "")},
			Count:   human.Count(counts[state]),
			Current: current == state,
		})
	}
	return out
}

// rows makes lines of a list.
func rows(page []jobs.Job, now time.Time) []views.JobRow {
	out := make([]views.JobRow, len(page))
	for i, j := range page {
		out[i] = views.JobRow{Job: j, Live: words.Of(j, now), Ago: human.Ago(now.Sub(j.Created).Milliseconds())}
	}
	return out
}

// shell is what every page has.
func (s *Site) shell() views.Shell {
	if s.Retain <= 0 {
		return views.Shell{}
	}
	return views.Shell{Retain: human.Duration(s.Retain.Milliseconds())}
}
