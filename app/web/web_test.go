package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/carryout/app/carrier"
	"example.org/carryout/app/web"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/feed"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/lend"
	"example.org/carryout/jobs/source/folder"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/work"
)

// house is a whole server but for its socket.
type house struct {
	http.Handler
	store *sqlite.Store
	desk  lend.Desk
	root  string // of the source "docs"

	stopCrew func() // and wait until it has told everybody
	wait     func() // for what the handlers have left to be done
}

// build makes a house in which one worker works.
func build(t *testing.T, change func(*web.Site)) *house {
	t.Helper()
	return buildWith(t, 1, sqlite.Options{}, change)
}

// buildWith makes a house in which so many workers work.
func buildWith(t *testing.T, workers int, o sqlite.Options, change func(*web.Site)) *house {
	t.Helper()
	h := &house{root: t.TempDir()}
	if err := os.WriteFile(filepath.Join(h.root, "a.txt"), []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	docs, err := folder.Open(h.root)
	if err != nil {
		t.Fatal(err)
	}
	artifacts, err := dir.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var tl tail.Tail
	var f *feed.Feed
	o.Notify = func(changes []store.Change) {
		tl.Commit(changes)
		if f != nil {
			f.Commit(changes)
		}
	}
	h.store, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "c.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	f, err = feed.New(t.Context(), h.store, h.store.Count, log)
	if err != nil {
		t.Fatal(err)
	}
	e := &export.Exporter{Sources: []export.Named{{Name: "docs", Source: docs}}, Formats: format.All(), Artifacts: artifacts, Workers: 1}
	site := &web.Site{Board: h.store, History: h.store, Shelf: h.store, Desk: &h.desk, Export: e, Artifacts: artifacts, Tail: &tl, Feed: f, Crew: carrier.New(time.Minute), Log: log,
		Heartbeat: time.Minute, Stopping: make(chan struct{}), NewKey: func() string { return "key" }}
	if change != nil {
		change(site)
	}
	h.Handler, h.wait = site.Handler(), site.Wait

	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	if workers > 0 {
		pool := &work.Pool{Queue: h.store, Run: e.Run, Size: workers, Log: log}
		all.Go(func() { pool.Serve(ctx) })
	}
	all.Go(func() { f.Serve(ctx) })
	crewCtx, stopCrew := context.WithCancel(ctx)
	crewDone := make(chan struct{})
	go func() { defer close(crewDone); site.Crew.Serve(crewCtx) }()
	h.stopCrew = func() { stopCrew(); <-crewDone }
	t.Cleanup(func() {
		cancel()
		h.stopCrew()
		all.Wait()
		site.Wait()
		h.store.Close()
		docs.Close()
	})
	return h
}

// ask sends a request and returns the answer.
func (h *house) ask(method, path, body string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// export makes an export and returns its job.
func (h *house) export(t *testing.T, spec jobs.Spec) jobs.Job {
	t.Helper()
	j, _, err := h.store.Submit(t.Context(), spec, store.SubmitOptions{Owner: "everybody"})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(h.ask("GET", "/jobs/"+string(j.ID)+"/events", "").Body) // ends when the job does
	if err != nil {
		t.Fatal(err)
	}
	if j, err = h.store.Job(t.Context(), j.ID); err != nil || j.State != jobs.Ready {
		t.Fatalf("got %+v, %v, want a job that is ready\n%s", j, err, body)
	}
	return j
}

func TestWhoPrefersAPageGetsOne(t *testing.T) {
	h := build(t, nil)
	for accept, want := range map[string]string{
		"":          "application/json",
		"*/*":       "application/json", // curl
		"text/html": "text/html; charset=utf-8",
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "text/html; charset=utf-8", // browsers
		"application/json":                     "application/json",
		"text/html;q=0.5, application/json":    "application/json",
		"application/json;q=0.5, text/html":    "text/html; charset=utf-8",
		"application/json, text/html":          "application/json",
		"text/*":                               "text/html; charset=utf-8",
		"text/html;q=0, */*":                   "application/json",
		"application/json;q=0, text/html;q=.1": "text/html; charset=utf-8",
		"image/png":                            "application/problem+json",
		"nonsense;;;, text/html":               "text/html; charset=utf-8",
	} {
		resp := h.ask("GET", "/jobs", "", "Accept", accept)
		if got := resp.Header.Get("Content-Type"); got != want {
			t.Errorf("Accept %q: got %s, want %s", accept, got, want)
		}
		if vary := resp.Header.Values("Vary"); len(vary) == 0 {
			t.Errorf("Accept %q: got no Vary header", accept)
		}
	}
}

func TestOnlyOwnNamesAreAnswered(t *testing.T) {
	h := build(t, func(s *web.Site) { s.AllowHosts = []string{"exports.example", "port.example:8443"} })
	for host, ok := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:8080": true, "[::1]": true, "[::1]:8080": true, "192.168.1.9:80": true,
		"localhost": true, "LOCALHOST:8080": true, "localhost.": true, "carryout.localhost:1": true,
		"exports.example": true, "Exports.Example:99": true, "port.example:8443": true,
		"evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false,
		"port.example": false, "port.example:1": false, "xlocalhost": false, "": false,
	} {
		if got := h.ask("GET", "/healthz", "", "Host", host).StatusCode; (got == http.StatusOK) != ok {
			t.Errorf("host %q: got %d, want it answered: %v", host, got, ok)
		}
	}
}

func TestNamesOfDownloadsSurviveEveryClient(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"plain.txt", `attachment; filename="plain.txt.zip"`},
		{"naïve – 東京.txt", `attachment; filename="na_ve _ __.txt.zip"; filename*=UTF-8''na%C3%AFve%20%E2%80%93%20%E6%9D%B1%E4%BA%AC.txt.zip`},
		{"50% off.txt", `attachment; filename="50_ off.txt.zip"; filename*=UTF-8''50%25%20off.txt.zip`},
	} {
		h := build(t, nil)
		if err := os.WriteFile(filepath.Join(h.root, test.file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		j := h.export(t, jobs.Spec{Source: "docs", Format: "zip", Paths: []string{test.file}})
		resp := h.ask("HEAD", "/jobs/"+string(j.ID)+"/file", "")
		if got := resp.Header.Get("Content-Disposition"); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestFormsAreForgivingWhereTheyCannotKnowBetter(t *testing.T) {
	h := build(t, nil)
	page := []string{"Accept", "text/html", "Content-Type", "application/x-www-form-urlencoded"}
	// The form was filled for a table, and then the source was changed.
	resp := h.ask("POST", "/jobs", "source=docs&format=zip&table=orders&columns=id&options.header=no&open=x&open=y&idempotency_key=k", page...)
	if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got, "/jobs/") {
		t.Errorf("got %s to %q, want to be sent to the job", resp.Status, got)
	}
	resp = h.ask("POST", "/jobs", "source=docs&format=zip&paths=gone.txt&paths=a.txt", page...)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(body)
	if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "error-paths") {
		t.Errorf("got %s, want the form with the error beside the paths", resp.Status)
	}
	if !strings.Contains(text, `value="gone.txt" checked`) || !strings.Contains(text, `value="a.txt" checked`) {
		t.Error("what was ticked is no longer ticked")
	}
}

func TestTheFormShowsWhatTheQuerySays(t *testing.T) {
	h := build(t, nil)
	if err := os.MkdirAll(filepath.Join(h.root, "in", "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.root, "in", "b.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		query         string
		shows, hidden []string
	}{
		{"", []string{`value="in"`, `value="a.txt"`}, []string{`value="in/b.txt"`}},
		{"?open=in", []string{`value="in/b.txt"`, `value="in/deep"`}, nil},
		{"?open=in&open=in", []string{`value="in"`}, []string{`value="in/b.txt"`}}, // opened and closed
		{"?paths=in/b.txt", []string{`value="in/b.txt" checked`}, nil},             // ticked in a closed folder
		{"?source=nothing&format=nothing&table=x", []string{`value="a.txt"`}, nil},
		{"?open=../..&open=/etc", []string{`value="a.txt"`}, []string{"passwd"}},
	} {
		resp := h.ask("GET", "/"+test.query, "", "Accept", "text/html")
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%q: got %s", test.query, resp.Status)
		}
		for _, want := range test.shows {
			if !strings.Contains(string(body), want) {
				t.Errorf("%q: the page does not show %s", test.query, want)
			}
		}
		for _, not := range test.hidden {
			if strings.Contains(string(body), not) {
				t.Errorf("%q: the page shows %s", test.query, not)
			}
		}
	}
}

func TestAStoppingServerTakesNothingNew(t *testing.T) {
	stopping := make(chan struct{})
	close(stopping)
	h := build(t, func(s *web.Site) { s.Stopping = stopping })
	for _, path := range []string{"/jobs", "/jobs/AAAAAAAAAAAAAAAAAAAAAAAAAA/retry"} {
		resp := h.ask("POST", path, `{"source":"docs","format":"zip"}`, "Content-Type", "application/json")
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("POST %s: got %s, want 503 and when to come back", path, resp.Status)
		}
	}
	if got := h.ask("GET", "/readyz", "").StatusCode; got != http.StatusServiceUnavailable {
		t.Errorf("GET /readyz: got %d, want 503", got)
	}
	if got := h.ask("GET", "/healthz", "").StatusCode; got != http.StatusOK {
		t.Errorf("GET /healthz: got %d, want 200: it is alive", got)
	}
}

func FuzzBodiesAreReadOrRefused(f *testing.F) {
	for _, body := range []string{"", "{}", `{"source":"docs","format":"zip"}`, `{"a":{"b":"c"}}`, `{"a":[1]}`, `{"paths":["a","b"],"paths":null}`, "source=docs&format=zip", "\xff", `{"options":{"level":"x","level":"y"}}`} {
		f.Add(body, true)
		f.Add(body, false)
	}
	site := &web.Site{Export: &export.Exporter{}, Log: slog.New(slog.DiscardHandler)}
	h := house{Handler: site.Handler()}
	f.Fuzz(func(t *testing.T, body string, asJSON bool) {
		mediaType := "application/x-www-form-urlencoded"
		if asJSON {
			mediaType = "application/json"
		}
		// Nothing is configured, so that whatever can be read is refused too.
		resp := h.ask("POST", "/jobs", body, "Content-Type", mediaType)
		if s := resp.StatusCode; s != 400 && s != 413 && s != 422 {
			t.Errorf("%q: got %d, want a refusal", body, s)
		}
	})
}

// full is a board on which nothing can be written while there is a file.
type full struct {
	store.Board
	artifact.Store
}

func (f full) Delete(ctx context.Context, id jobs.ID) error {
	a, err := f.Open(ctx, id)
	if err == nil {
		return errors.Join(store.ErrFull, a.Close())
	}
	return f.Board.Delete(ctx, id)
}

func TestADeleteMakesRoomForItself(t *testing.T) {
	h := build(t, func(s *web.Site) { s.Board = full{s.Board, s.Artifacts} })
	j := h.export(t, jobs.Spec{Source: "docs", Format: "zip"})
	if got := h.ask("DELETE", "/jobs/"+string(j.ID), "").StatusCode; got != http.StatusNoContent {
		t.Errorf("got %d, want %d", got, http.StatusNoContent)
	}
	if got := h.ask("GET", "/jobs/"+string(j.ID), "").StatusCode; got != http.StatusNotFound {
		t.Errorf("got %d for a job that was deleted, want %d", got, http.StatusNotFound)
	}
}

// Some programs end their half of the connection behind the request. They get a
// whole answer or none, but not one that says that there is nothing.
func TestWhoEndsItsHalfGetsNoFalseAnswer(t *testing.T) {
	h := build(t, nil)
	j := h.export(t, jobs.Spec{Source: "docs", Format: "zip"})
	server := httptest.NewServer(h)
	defer server.Close()
	for _, path := range []string{"/jobs/" + string(j.ID), "/jobs/" + string(j.ID) + "/file", "/jobs", "/"} {
		for range 20 {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html, */*\r\n\r\n", path)
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			_, body, _ := bytes.Cut(got, []byte("\r\n\r\n"))
			if len(got) > 0 && len(body) == 0 {
				t.Fatalf("GET %s: got %q, want content or nothing", path, got)
			}
			conn.Close()
		}
	}
}
