package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

// A fake is a server with one job for everything that can become of one. Their
// files all hold the same.
type fake struct {
	*httptest.Server

	mu    sync.Mutex
	asked map[string]chan struct{} // closed when a path has been asked for
	tries map[string]int
	specs []jobs.Spec // that were asked for
}

// ids are the jobs, under the names that scripts have for them.
var ids = map[string]jobs.ID{
	"READY":    "READYAAAAAAAAAAAAAAAAAAAAA", // all goes well
	"BREAKS":   "BREAKSAAAAAAAAAAAAAAAAAAAA", // stream and download break in the middle, once
	"WRONG":    "WRONGAAAAAAAAAAAAAAAAAAAAA", // its file arrives with other bytes
	"FAILS":    "FAILSAAAAAAAAAAAAAAAAAAAAA",
	"CANCELED": "CANCELEDAAAAAAAAAAAAAAAAAA",
	"EXPIRED":  "EXPIREDAAAAAAAAAAAAAAAAAAA",
	"ENDLESS":  "ENDLESSAAAAAAAAAAAAAAAAAAA", // it runs for as long as it is followed
	"MUTE":     "MUTEAAAAAAAAAAAAAAAAAAAAAA", // it runs, and the server tells no more of it
	"UNKNOWN":  "UNKNOWNAAAAAAAAAAAAAAAAAAA", // there is no such job
}

var began = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// content is what all files hold.
func content() []byte { return bytes.Repeat([]byte("carry out\n"), 10_000) }

func hexSum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// newFake starts a server.
func newFake() *fake {
	f := &fake{asked: map[string]chan struct{}{}, tries: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sources", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"sources":[{"name":"docs","kind":"folder","formats":[{"name":"zip"},{"name":"tar.gz"}]},
			{"name":"shop","kind":"database","formats":[{"name":"csv"},{"name":"jsonl"}]}]}`)
	})
	mux.HandleFunc("GET /jobs", f.list)
	mux.HandleFunc("POST /jobs", f.submit)
	mux.HandleFunc("GET /jobs/{id}", f.job(func(h []jobs.Event) []jobs.Event { return h }))
	mux.HandleFunc("POST /jobs/{id}/cancel", f.job(func([]jobs.Event) []jobs.Event { return history(ids["CANCELED"]) }))
	mux.HandleFunc("POST /jobs/{id}/retry", f.job(func(h []jobs.Event) []jobs.Event { return h[:1] }))
	mux.HandleFunc("GET /jobs/{id}/events", f.events)
	mux.HandleFunc("GET /jobs/{id}/file", f.file)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r)
	}))
	return f
}

// seen returns what is closed once path has been asked for.
func (f *fake) seen(path string) chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked[path] == nil {
		f.asked[path] = make(chan struct{})
	}
	return f.asked[path]
}

func (f *fake) waitFor(path string) { <-f.seen(path) }

// first reports whether a path is asked for for the first time.
func (f *fake) first(path string) bool {
	seen := f.seen(path)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tries[path]++; f.tries[path] > 1 {
		return false
	}
	close(seen)
	return true
}

// history is what happens to a job.
func history(id jobs.ID) []jobs.Event {
	spec := jobs.Spec{Source: "docs", Paths: []string{"a"}, Format: "zip"}
	half := jobs.Progress{Phase: jobs.Assembling, Fraction: jobs.Known(0.5), Bytes: jobs.Count{Done: 50_000, Total: jobs.Known[int64](100_000)},
		Items: jobs.Count{Done: 1, Total: jobs.Known[int64](2)}, Current: "a\x1b[2Jb"}
	late := half
	late.Fraction, late.Bytes.Done = jobs.Known(0.9), 90_000
	file := jobs.File{Name: "docs.zip", Size: int64(len(content())), Type: "application/zip", SHA256: hexSum(content())}
	list := []jobs.Event{
		{Kind: jobs.KindQueued, Spec: spec, Place: 1},
		{Kind: jobs.KindStarted, Attempt: 1},
		{Kind: jobs.KindProgress, Progress: half},
		{Kind: jobs.KindProgress, Progress: late},
	}
	switch id {
	case ids["FAILS"]:
		list = append(list, jobs.Event{Kind: jobs.KindFailed, Failure: jobs.Failure{Code: "source_gone", Message: "The folder is gone."}})
	case ids["CANCELED"]:
		list = append(list, jobs.Event{Kind: jobs.KindCanceled, Reason: "it was canceled on request"})
	case ids["EXPIRED"]:
		list = append(list, jobs.Event{Kind: jobs.KindReady, File: file}, jobs.Event{Kind: jobs.KindExpired})
	case ids["ENDLESS"], ids["MUTE"]:
	default:
		list = append(list, jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "unreadable", Path: "a\nb", Message: "It may not be read."}},
			jobs.Event{Kind: jobs.KindReady, File: file})
	}
	for i := range list {
		list[i].Job, list[i].Seq, list[i].At = id, int64(i+1), began.Add(time.Duration(i)*700*time.Millisecond)
	}
	return list
}

func fold(history []jobs.Event) (j jobs.Job) {
	for _, e := range history {
		next, err := j.Apply(e)
		if err != nil {
			panic(err)
		}
		j = next
	}
	return j
}

func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, `{"jobs":[`+string(wire.AppendJob(nil, fold(history(ids["READY"]))))+`,`+string(wire.AppendJob(nil, fold(history(ids["FAILS"]))))+`],"next":null}`)
}

// submit takes a request. A path with the name of a job is how to get that job.
func (f *fake) submit(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	spec, err := wire.ParseSpec(b)
	if err != nil || r.Header.Get("Idempotency-Key") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	f.specs = append(f.specs, spec)
	f.mu.Unlock()
	id := ids["READY"]
	if len(spec.Paths) > 0 && ids[strings.ToUpper(spec.Paths[0])] != "" {
		id = ids[strings.ToUpper(spec.Paths[0])]
	}
	if level := spec.Options["level"]; level == "xx" {
		refuse(w, http.StatusUnprocessableEntity, "options.level", "Choose one of store, default.")
		return
	}
	if id == ids["UNKNOWN"] {
		refuse(w, http.StatusUnprocessableEntity, "paths", "There is no “unknown” in this source.")
		return
	}
	w.WriteHeader(http.StatusCreated)
	w.Write(wire.AppendJob(nil, fold(history(id)[:1])))
}

func refuse(w http.ResponseWriter, status int, field, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	io.WriteString(w, `{"code":"no","field":"`+field+`","detail":"`+detail+`"}`)
}

func (f *fake) job(then func([]jobs.Event) []jobs.Event) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := jobs.ID(r.PathValue("id"))
		if id == ids["UNKNOWN"] {
			refuse(w, http.StatusNotFound, "", "There is no such export. It may have been deleted.")
			return
		}
		j := fold(then(history(id)))
		j.ID = id
		w.Write(wire.AppendJob(nil, j))
	}
}

// events streams a history from the event on that the client has last seen.
func (f *fake) events(w http.ResponseWriter, r *http.Request) {
	id := jobs.ID(r.PathValue("id"))
	if id == ids["MUTE"] {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Write(wire.AppendRetry(nil, time.Millisecond))
	first := f.first(r.URL.Path)
	var after int64
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		e, err := wire.ParseEvent(wire.Frame{ID: last, Event: "expired", Data: []byte("{}")})
		if err != nil {
			panic(err)
		}
		after = e.Seq
	}
	for i, e := range history(id)[after:] {
		if first && id == ids["BREAKS"] && i == 2 {
			io.WriteString(w, "id: 99\nevent: ready\nda")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		w.Write(wire.AppendEvent(nil, e))
		w.(http.Flusher).Flush()
	}
	if id == ids["ENDLESS"] {
		<-r.Context().Done()
	}
}

func (f *fake) file(w http.ResponseWriter, r *http.Request) {
	data := content()
	w.Header().Set("ETag", `"`+hexSum(data)+`"`)
	switch id := jobs.ID(r.PathValue("id")); {
	case id == ids["WRONG"]:
		data[0]++
	case id == ids["BREAKS"] && f.first(r.URL.Path):
		w.Header().Set("Content-Length", "100000")
		w.Write(data[:60_000])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	http.ServeContent(w, r, "", began, bytes.NewReader(data))
}
