package web

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/feed"
	"example.org/carryout/jobs/store"
	"example.org/carryout/views"
)

// A refusal is an answer other than what was asked for (RFC 9457).
type refusal struct {
	Status int
	Code   string // stable, for programs
	Field  string // of the request, that is at fault; may be empty
	Detail string // a sentence for people, which says what to do

	Allow      string        // with 405
	RetryAfter time.Duration // with 429 and 503
}

func (p *refusal) Error() string { return p.Detail }

var errNoPage = &refusal{Status: http.StatusNotFound, Code: "no_such_page", Detail: "There is nothing at this address. Check it, or begin at the start page."}

func (m methods) notAllowed() error {
	var allow []string
	for method := range m {
		allow = append(allow, method)
		if method == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	slices.Sort(allow)
	list := strings.Join(allow, ", ")
	return &refusal{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Allow: list,
		Detail: "This address does not take that method. Use " + list + "."}
}

// problem is the only place that turns errors into statuses and words. What
// it does not know is ours to mend, not theirs to read.
func problem(err error) refusal {
	var (
		own   *refusal
		state *jobs.StateError
		spec  *jobs.SpecError
		fail  *jobs.Failure
		large *http.MaxBytesError
		limit *store.LimitError
	)
	switch {
	case errors.As(err, &own):
		return *own
	case errors.Is(err, jobs.ErrNotFound):
		return refusal{Status: http.StatusNotFound, Code: "no_such_job", Detail: "There is no such export. It may have been deleted."}
	case errors.As(err, &spec):
		return refusal{Status: http.StatusUnprocessableEntity, Code: spec.Code, Field: spec.Field, Detail: spec.Message}
	case errors.Is(err, jobs.ErrKeyReused):
		return refusal{Status: http.StatusUnprocessableEntity, Code: "key_reused", Field: "Idempotency-Key",
			Detail: "This Idempotency-Key belongs to another request. Use a new one."}
	case errors.As(err, &state):
		return refusal{Status: http.StatusConflict, Code: "wrong_state", Detail: stateSentence(state)}
	case errors.As(err, &limit):
		return refusal{Status: http.StatusTooManyRequests, Code: "too_many_jobs", RetryAfter: 15 * time.Second, Detail: limitSentence(limit)}
	case errors.Is(err, store.ErrCursor):
		return refusal{Status: http.StatusBadRequest, Code: "bad_cursor", Field: "after", Detail: "This is not a page of this list. Begin without \"after\"."}
	case errors.Is(err, feed.ErrName):
		return refusal{Status: http.StatusUnprocessableEntity, Code: "bad_name", Field: "event", Detail: "The name of what is published is a lower-case letter, then letters, digits, - or _, at most 64 in all, and none of the server's own."}
	case errors.As(err, &large):
		return refusal{Status: http.StatusRequestEntityTooLarge, Code: "too_large",
			Detail: "The request is larger than the " + strconv.FormatInt(large.Limit, 10) + " bytes that are allowed here."}
	case errors.Is(err, store.ErrFull):
		return refusal{Status: http.StatusServiceUnavailable, Code: "disk_full", RetryAfter: time.Minute, Detail: "The server's disk is full. Try again later."}
	case errors.Is(err, errSpace):
		return refusal{Status: http.StatusServiceUnavailable, Code: "space_full", RetryAfter: time.Minute, Detail: "Exports take up as much room as they may here. Try again later, when some have been downloaded or have expired."}
	case errors.Is(err, store.ErrBusy):
		return refusal{Status: http.StatusServiceUnavailable, Code: "busy", RetryAfter: 5 * time.Second, Detail: "The server is busy. Try again in a few seconds."}
	case errors.As(err, &fail):
		return refusal{Status: http.StatusServiceUnavailable, Code: fail.Code, RetryAfter: 30 * time.Second, Detail: fail.Message}
	}
	return refusal{Status: http.StatusInternalServerError, Code: "internal", Detail: "Something went wrong on our side. Try again in a moment."}
}

func stateSentence(e *jobs.StateError) string {
	switch e.Kind {
	case jobs.KindCanceled:
		return "This export is " + string(e.State) + " already, so there is nothing to cancel."
	case jobs.KindQueued:
		return "Only an export that failed or was canceled can be tried again; this one is " + string(e.State) + "."
	}
	return "That cannot be done with an export that is " + string(e.State) + "."
}

func limitSentence(e *store.LimitError) string {
	if e.Queued == 1 {
		return "One of your exports is waiting already, and no more may. Try again once it has started, or cancel it."
	}
	return strconv.Itoa(e.Queued) + " of your exports are waiting already, and no more may. Try again once one has started, or cancel one."
}

// refuse answers with what problem makes of err.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problem(err)
	s.note(r, p, err)
	p.setHeaders(w.Header())
	if prefersHTML(r) {
		s.render(w, r, p.Status, views.Problem(p.page(s)))
		return
	}
	writeJSON(w, r, "application/problem+json", p.Status, p.json())
}

// note logs what whoever runs the server should know of.
func (s *Site) note(r *http.Request, p refusal, err error) {
	switch p.Status {
	case http.StatusInternalServerError:
		s.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
	case http.StatusServiceUnavailable:
		s.Log.Warn("request refused", "method", r.Method, "path", r.URL.Path, "err", err)
	}
}

func (p refusal) setHeaders(h http.Header) {
	for _, name := range []string{"Content-Disposition", "ETag", "Repr-Digest", "Last-Modified", "Content-Length"} {
		h.Del(name) // of the answer that was not given
	}
	if p.Allow != "" {
		h.Set("Allow", p.Allow)
	}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	h.Set("Cache-Control", "no-store")
}

func (p refusal) json() []byte {
	out := struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Code   string `json:"code"`
		Detail string `json:"detail"`
		Field  string `json:"field,omitempty"`
	}{"about:blank", http.StatusText(p.Status), p.Status, p.Code, p.Detail, p.Field}
	b, err := json.Marshal(out)
	if err != nil {
		panic("web: " + err.Error()) // strings and numbers always encode
	}
	return b
}

// page says the same to people.
func (p refusal) page(s *Site) views.ProblemPage {
	ways := []views.Link{{Text: "New export", URL: "/"}, {Text: "All jobs", URL: "/jobs"}}
	if p.Status == http.StatusNotFound {
		ways[0], ways[1] = ways[1], ways[0]
	}
	return views.ProblemPage{Shell: s.shell(), Status: p.Status, Title: p.title(), Message: p.Detail, Ways: ways}
}

// title is what happened, in a few words.
func (p refusal) title() string {
	switch p.Status {
	case http.StatusNotFound:
		return "There is nothing here"
	case http.StatusConflict:
		return "Not as things stand"
	case http.StatusGone:
		return "The file has expired"
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return "Not just now"
	case http.StatusInternalServerError:
		return "That is our fault"
	}
	return "That did not work"
}
