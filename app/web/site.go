// Package web is the server as HTTP has it: the pages, the API, the streams,
// the feed and the downloads.
//
// One handler serves people and programs alike: who prefers text/html gets a
// page, everybody else JSON. A handler that cannot do its work returns an error
// before its first byte; [problem] is the only place that turns errors into
// statuses and words, as RFC 9457 has them
// (https://www.rfc-editor.org/rfc/rfc9457) or as a page.
//
// A stream first tells what the store has, and then follows a log, each write
// with a deadline of its own. Over plain HTTP/1 it is given to a crew
// ([carrier.Crew]) when it has come so far; over anything else its handler
// serves it to its end.
//
// It is safe from the start: hosts are checked against DNS rebinding, posts of
// other origins are refused, pages hold no script but their own, bodies and
// their time are limited, and no answer holds a path of the disk, SQL or a
// stack. It knows no passwords: whose a request is says the proxy in front, in
// the OwnerHeader, and of the jobs of others nothing is to be seen.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"example.org/carryout/app/carrier"
	"example.org/carryout/app/metrics"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/feed"
	"example.org/carryout/jobs/lend"
	"example.org/carryout/jobs/room"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/static"
)

// A Site answers requests. All fields down to Stopping are required.
type Site struct {
	Board     store.Board
	History   store.Log
	Export    *export.Exporter
	Shelf     store.Shelf
	Artifacts artifact.Store
	Desk      *lend.Desk // where files are handed out
	Tail      *tail.Tail
	Feed      *feed.Feed
	Crew      *carrier.Crew
	Log       *slog.Logger
	NewKey    func() string   // makes the Idempotency-Key of a form: random text
	Heartbeat time.Duration   // of silence, after which a stream shows that it lives
	Stopping  <-chan struct{} // closed when nothing is to begin any more; streams end with the Crew

	Gate         Gate          // how many streams there may be
	Plain        bool          // all streams go by net/http
	Room         Room          // nil: there is always some
	Retain       time.Duration // how long files are kept, for the pages; 0: for good
	OwnerHeader  string        // in which a proxy says whose a request is; empty: all jobs are everybody's
	AllowHosts   []string      // names under which this server may be asked, beside addresses and localhost
	AllowOrigins []string      // other origins whose pages may read; "*": all
	DataDir      string        // a folder that must be writable for the site to be ready; empty: none

	// Measure adds what the server beneath knows to an answer of /metrics; nil: nothing.
	Measure func(ctx context.Context, p *metrics.Page)

	published bucket // how much was published of late
	tallies   tallies
	noting    sync.WaitGroup // goroutines that note downloads
	noted     sync.Map       // jobs whose downloads they note
}

// Wait waits for what the handlers have left to be done after their answers. It
// is called when there are no more requests, and before the store is closed. A
// handler that was cut then may leave something behind, which the closed store
// refuses.
func (s *Site) Wait() { s.noting.Wait() }

// Room is what is known of the room on the server's disks.
type Room interface {
	// Lack returns what there is too little of to take anything new.
	Lack() room.Lack
}

// errSpace says that files take up as much as they may.
var errSpace = errors.New("exports take up as much room as they may")

// hasRoom returns store.ErrFull or errSpace, and when it is worth to ask again,
// if nothing new can be taken for want of room.
func (s *Site) hasRoom(ctx context.Context) error {
	if s.Room == nil {
		return nil
	}
	switch s.Room.Lack() {
	case room.Disk:
		return s.busy(ctx, store.ErrFull)
	case room.Share:
		return s.busy(ctx, errSpace)
	}
	return nil
}

// handler answers a request, or returns an error before its first byte.
type handler func(w http.ResponseWriter, r *http.Request) error

// methods are what a path can be asked for. GET answers HEAD too.
type methods map[string]handler

// Handler returns the whole site.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	for path, m := range s.routes() {
		mux.Handle(path, s.answer(s.signedIn(m.dispatch)))
	}
	for path, h := range map[string]handler{"/healthz": s.healthz, "/readyz": s.readyz, "/metrics": s.metrics} { // for machines
		mux.Handle(path, s.answer(methods{http.MethodGet: h}.dispatch))
	}
	mux.Handle("/static/", static.Handler())
	mux.Handle("/", s.answer(func(http.ResponseWriter, *http.Request) error { return errNoPage }))
	return s.guard(mux)
}

// routes lists all that there is for people and their programs.
func (s *Site) routes() map[string]methods {
	return map[string]methods{
		"/{$}":                   {http.MethodGet: s.newPage},
		"/sources":               {http.MethodGet: s.sources},
		"/sources/{name}/tree":   {http.MethodGet: s.tree},
		"/sources/{name}/tables": {http.MethodGet: s.tables},
		"/jobs":                  {http.MethodGet: s.list, http.MethodPost: s.submit},
		"/jobs/{id}":             {http.MethodGet: s.job, http.MethodDelete: s.delete},
		"/jobs/{id}/events":      {http.MethodGet: s.events},
		"/jobs/{id}/file":        {http.MethodGet: s.file},
		"/jobs/{id}/cancel":      {http.MethodPost: s.cancel},
		"/jobs/{id}/retry":       {http.MethodPost: s.retry},
		"/jobs/{id}/delete":      {http.MethodPost: s.delete}, // for forms, which know no DELETE
		"/events":                {http.MethodGet: s.feed},
		"/publish":               {http.MethodPut: s.publish, http.MethodPost: s.publish},
	}
}

// dispatch calls the handler for the request's method.
func (m methods) dispatch(w http.ResponseWriter, r *http.Request) error {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	h, ok := m[method]
	if !ok {
		return m.notAllowed()
	}
	return h(w, r)
}

// answer makes a handler of a function that may fail before it writes.
func (s *Site) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 { // also where the body is of no interest: the server reads it to its end
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not all connections can: then none is set
		}
		if err := h(w, r); err != nil {
			unlessGone(r)
			s.refuse(w, r, err)
		}
	})
}

// unlessGone ends an answer that has not begun, with its connection, if the client
// has gone. What it asked for was broken off, and one that has only ended its own
// half of the connection must not take that for an answer without content.
func unlessGone(r *http.Request) {
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
}

// stopping reports whether the server is on its way down.
func (s *Site) stopping() bool {
	select {
	case <-s.Stopping:
		return true
	default:
		return false
	}
}

// find returns the job that the path names.
func (s *Site) find(ctx context.Context, r *http.Request) (jobs.Job, error) {
	id := jobs.ID(r.PathValue("id"))
	if !id.Valid() {
		return jobs.Job{}, jobs.ErrNotFound
	}
	j, err := s.Board.Job(ctx, id)
	if err == nil && !s.sees(r, j) {
		return jobs.Job{}, jobs.ErrNotFound // which says no more of it than of one that never was
	}
	return j, err
}
