package web_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.org/carryout/app/web"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/room"
)

// scarce is room of which there is too little when it says so.
type scarce room.Lack

func (s *scarce) Lack() room.Lack { return room.Lack(*s) }

func TestNothingNewIsTakenWithoutRoom(t *testing.T) {
	for name, test := range map[string]struct {
		lack  room.Lack
		words []string // the code, or what people read
		never string
	}{
		"on a disk":                {room.Disk, []string{"disk_full", "disk is full"}, "space_full"},
		"among what files may use": {room.Share, []string{"space_full", "take up as much room as they may"}, "disk"},
	} {
		t.Run(name, func(t *testing.T) { nothingNew(t, test.lack, test.words, test.never) })
	}
}

func nothingNew(t *testing.T, lack room.Lack, words []string, never string) {
	var low scarce
	h := build(t, func(s *web.Site) { s.Room = &low })
	const body = `{"source":"docs","format":"zip"}`
	j := h.export(t, jobs.Spec{Source: "docs", Format: "zip"})
	job := "/jobs/" + string(j.ID)
	first := h.ask("POST", "/jobs", body, "Content-Type", "application/json", "Idempotency-Key", "k")
	low = scarce(lack)
	for _, test := range []struct {
		name, method, path, accept string
		want                       int
	}{
		{"a new job", "POST", "/jobs", "application/json", http.StatusServiceUnavailable},
		{"a new job of a browser", "POST", "/jobs", "text/html", http.StatusServiceUnavailable},
		{"one more attempt", "POST", job + "/retry", "application/json", http.StatusServiceUnavailable},
		{"readiness", "GET", "/readyz", "*/*", http.StatusServiceUnavailable},
		{"life", "GET", "/healthz", "*/*", http.StatusOK},
		{"a job", "GET", job, "application/json", http.StatusOK},
		{"a page", "GET", "/", "text/html", http.StatusOK},
		{"a file", "GET", job + "/file", "*/*", http.StatusOK},
		{"a history", "GET", job + "/events", "*/*", http.StatusOK},
		{"a deletion", "DELETE", job, "application/json", http.StatusNoContent},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := []string{"Accept", test.accept, "Content-Type", "application/json"}
			resp := h.ask(test.method, test.path, map[string]string{"/jobs": body}[test.path], header...)
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != test.want {
				t.Fatalf("got %d, want %d\n%s", resp.StatusCode, test.want, text)
			}
			if test.want != http.StatusServiceUnavailable {
				return
			}
			if resp.Header.Get("Retry-After") == "" {
				t.Error("got no Retry-After, want to know when to come back")
			}
			says := func(word string) bool { return strings.Contains(string(text), word) }
			if !slices.ContainsFunc(words, says) || says(never) {
				t.Errorf("got %s, want it to say why: %q", text, words)
			}
		})
	}
	again := h.ask("POST", "/jobs", body, "Content-Type", "application/json", "Idempotency-Key", "k")
	if again.StatusCode != http.StatusOK || again.Header.Get("Location") != first.Header.Get("Location") {
		t.Errorf("a repeat: got %d, want the job of the first time", again.StatusCode)
	}
}
