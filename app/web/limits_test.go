package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/web"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

const (
	asJSON = `{"source":"docs","format":"zip"}`
	asForm = "source=docs&format=tar&paths=a.txt&options.level=default"
)

// text reads the body of an answer.
func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestWhoHasEnoughJobsInTheQueueIsToldWhenToComeBack(t *testing.T) {
	h := buildWith(t, 0, sqlite.Options{Limits: store.Limits{Queued: 2}}, nil)
	post := func(key string) *http.Response {
		return h.ask("POST", "/jobs", asJSON, "Content-Type", "application/json", "Idempotency-Key", key)
	}
	first := post("a").Header.Get("Location")
	post("b")
	resp := post("c")
	var problem struct{ Code, Detail string }
	if err := json.Unmarshal([]byte(text(t, resp)), &problem); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusTooManyRequests || problem.Code != "too_many_jobs" || !strings.Contains(problem.Detail, "2 of your exports") {
		t.Errorf("got %s with %+v, want 429 and too_many_jobs", resp.Status, problem)
	}
	if got := resp.Header.Get("Retry-After"); got != "15" {
		t.Errorf("got Retry-After %q while nothing is known, want 15", got)
	}
	if resp := post("a"); resp.StatusCode != http.StatusOK || resp.Header.Get("Location") != first {
		t.Errorf("a known key: got %s to %q, want 200 and %s", resp.Status, resp.Header.Get("Location"), first)
	}

	l, err := h.store.Claim(t.Context(), "worker")
	if err != nil {
		t.Fatal(err)
	}
	if resp := post("c"); resp.StatusCode != http.StatusCreated {
		t.Errorf("once one has started: got %s, want 201", resp.Status)
	}
	soon := jobs.Progress{Phase: jobs.Assembling, Left: jobs.Known(jobs.Span{Low: 20 * time.Second, High: 41500 * time.Millisecond})}
	if err := h.store.Append(t.Context(), l, nil, jobs.Event{Kind: jobs.KindProgress, Progress: soon}); err != nil {
		t.Fatal(err)
	}
	if got := post("d").Header.Get("Retry-After"); got != "42" {
		t.Errorf("got Retry-After %q while a job has at most 41.5 s left, want 42", got)
	}
	failed := jobs.Event{Kind: jobs.KindFailed, Failure: jobs.Failure{Code: "x", Message: "X."}}
	if err := h.store.Append(t.Context(), l, nil, failed); err != nil {
		t.Fatal(err)
	}
	resp = h.ask("POST", "/jobs/"+string(l.Job.ID)+"/retry", "")
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); resp.StatusCode != http.StatusTooManyRequests || err != nil || seconds < 1 {
		t.Errorf("retry: got %s, Retry-After %d, want 429 and a time", resp.Status, seconds)
	}
}

// crowded is a board that has no room for anything new.
type crowded struct{ store.Board }

func (crowded) Submit(context.Context, jobs.Spec, store.SubmitOptions) (jobs.Job, bool, error) {
	return jobs.Job{}, false, fmt.Errorf("adding a job: %w", store.ErrFull)
}

func TestWhereThereIsNoRoomOneComesBackWhenAFileGoes(t *testing.T) {
	h := buildWith(t, 0, sqlite.Options{}, func(s *web.Site) { s.Board = crowded{s.Board} })
	check := func(want int) {
		t.Helper()
		resp := h.ask("POST", "/jobs", asJSON, "Content-Type", "application/json")
		got, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if resp.StatusCode != http.StatusServiceUnavailable || err != nil || got > want || got < want-5 {
			t.Errorf("got %s, Retry-After %q, want 503 and %d", resp.Status, resp.Header.Get("Retry-After"), want)
		}
	}
	check(60) // nothing is known
	for _, left := range []time.Duration{72 * time.Hour, 10 * time.Minute, 0} {
		if _, _, err := h.store.Submit(t.Context(), jobs.Spec{Source: "docs", Format: "zip"}, store.SubmitOptions{}); err != nil {
			t.Fatal(err)
		}
		l, err := h.store.Claim(t.Context(), "worker")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		if err := h.store.Append(t.Context(), l, nil, jobs.Event{Kind: jobs.KindReady, At: now, Expires: now.Add(left)}); err != nil {
			t.Fatal(err)
		}
		check(int(min(max(left, time.Second), time.Hour) / time.Second))
	}
}

func TestTheFormKeepsWhatWasFilledInWhenThereAreTooManyJobs(t *testing.T) {
	h := buildWith(t, 0, sqlite.Options{Limits: store.Limits{Queued: 1}}, nil)
	page := []string{"Accept", "text/html", "Content-Type", "application/x-www-form-urlencoded"}
	h.ask("POST", "/jobs", asForm, page...)
	resp := h.ask("POST", "/jobs", asForm, page...)
	body := text(t, resp)
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Errorf("got %s, Retry-After %q, want 429 and a time", resp.Status, resp.Header.Get("Retry-After"))
	}
	for _, want := range []string{"One of your exports is waiting already", `value="a.txt" checked`, `value="tar" checked`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
}
