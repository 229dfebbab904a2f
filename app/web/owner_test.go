package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/web"
	"example.org/carryout/jobs/sqlite"
)

// owned is a house behind a proxy that names owners, in which nobody works.
func owned(t *testing.T) *house {
	t.Helper()
	return buildWith(t, 0, sqlite.Options{}, func(s *web.Site) { s.OwnerHeader = "X-Owner" })
}

func TestAJobIsThereForItsOwnerOnly(t *testing.T) {
	h := owned(t)
	as := func(owner, method, path, body string) *http.Response {
		return h.ask(method, path, body, "X-Owner", owner, "Content-Type", "application/json", "Idempotency-Key", "one")
	}
	anns := as("ann", "POST", "/jobs", asJSON).Header.Get("Location")
	if bobs := as("bob", "POST", "/jobs", asJSON); bobs.StatusCode != http.StatusCreated || bobs.Header.Get("Location") == anns {
		t.Errorf("got %s to %s, want a job of his own for bob, whose key is the same", bobs.Status, bobs.Header.Get("Location"))
	}
	for _, path := range []string{"", "/events", "/file"} {
		if got := as("bob", "GET", anns+path, "").StatusCode; got != http.StatusNotFound {
			t.Errorf("GET %s by another: got %d, want 404", anns+path, got)
		}
	}
	for _, path := range []string{"/cancel", "/retry", "/delete"} {
		if got := as("bob", "POST", anns+path, "").StatusCode; got != http.StatusNotFound {
			t.Errorf("POST %s by another: got %d, want 404", anns+path, got)
		}
	}
	if got := as("bob", "DELETE", anns, "").StatusCode; got != http.StatusNotFound {
		t.Errorf("DELETE by another: got %d, want 404", got)
	}
	if got := as("ann", "GET", anns, "").StatusCode; got != http.StatusOK {
		t.Errorf("GET by the owner: got %d, want 200", got)
	}
	var list struct {
		Jobs []struct {
			URLs struct{ Self string }
		}
	}
	if err := json.Unmarshal([]byte(text(t, as("ann", "GET", "/jobs", ""))), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Jobs) != 1 || list.Jobs[0].URLs.Self != anns {
		t.Errorf("the list of ann: got %+v, want %s alone", list.Jobs, anns)
	}
	for owner, want := range map[string]int{"ann": 1, "eve": 0} {
		page := text(t, h.ask("GET", "/jobs", "", "X-Owner", owner, "Accept", "text/html"))
		if got := strings.Contains(page, anns); got != (want == 1) {
			t.Errorf("the page of %s: got that it shows the job %v", owner, got)
		}
		if got := strings.Contains(page, ">2<"); got {
			t.Errorf("the page of %s counts the jobs of others", owner)
		}
	}
}

func TestWithoutAnOwnerThereIsNothingToSee(t *testing.T) {
	h := owned(t)
	for name, header := range map[string][]string{
		"none": nil, "an empty one": {"X-Owner", ""}, "a long one": {"X-Owner", strings.Repeat("a", 256)},
		"not UTF-8": {"X-Owner", "\xff"}, "a control character": {"X-Owner", "a\x01b"},
	} {
		for _, path := range []string{"/", "/jobs", "/sources", "/events", "/jobs/AAAAAAAAAAAAAAAAAAAAAAAAAA"} {
			if got := h.ask("GET", path, "", header...).StatusCode; got != http.StatusForbidden {
				t.Errorf("%s, GET %s: got %d, want 403", name, path, got)
			}
		}
	}
	r := httptest.NewRequest("GET", "http://127.0.0.1/jobs", nil)
	r.Header["X-Owner"] = []string{"ann", "bob"}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("two owners: got %d, want 403", w.Code)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := h.ask("GET", path, "").StatusCode; got != http.StatusOK {
			t.Errorf("GET %s: got %d, want 200: machines sign in nowhere", path, got)
		}
	}
}

func TestTheFeedTellsOwnersOfTheirOwnJobs(t *testing.T) {
	h := owned(t)
	server := httptest.NewServer(h)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Owner", "ann")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && lines.Text() != "event: time" { // from here on nothing is missed
	}
	made := map[string]string{}
	for _, owner := range []string{"bob", "ann"} {
		made[owner] = strings.TrimPrefix(h.ask("POST", "/jobs", asJSON, "X-Owner", owner, "Content-Type", "application/json").Header.Get("Location"), "/jobs/")
	}
	for lines.Scan() && !strings.Contains(lines.Text(), made["ann"]) {
		if strings.Contains(lines.Text(), made["bob"]) {
			t.Errorf("ann is told %s", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("ann was not told of her own job: %v", err)
	}
}
