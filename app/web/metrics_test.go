package web_test

import (
	"net/http"
	"strings"
	"testing"

	"example.org/carryout/app/web"
)

func TestMeasurementsAreForMachines(t *testing.T) {
	h := build(t, nil)
	if got := h.ask("HEAD", "/metrics", ""); got.StatusCode != http.StatusOK || got.ContentLength <= 0 || text(t, got) != "" {
		t.Errorf("HEAD: got %s and %d bytes, want 200 and a length without a body", got.Status, got.ContentLength)
	}
	if got := h.ask("POST", "/metrics", ""); got.StatusCode != http.StatusMethodNotAllowed || got.Header.Get("Allow") == "" {
		t.Errorf("POST: got %s, want 405 with Allow", got.Status)
	}
}

// What is measured is of everybody's jobs.
func TestMeasurementsAreNotForOwners(t *testing.T) {
	h := owned(t)
	if got := h.ask("GET", "/metrics", "", "X-Owner", "ann"); got.StatusCode != http.StatusForbidden {
		t.Errorf("by an owner: got %s, want 403", got.Status)
	}
	if got := h.ask("GET", "/metrics", "", "X-Owner", ""); got.StatusCode != http.StatusForbidden {
		t.Errorf("through the proxy, by nobody: got %s, want 403", got.Status)
	}
	if got := h.ask("GET", "/metrics", ""); got.StatusCode != http.StatusOK {
		t.Errorf("past the proxy: got %s, want 200", got.Status)
	}
}

func TestRefusedStreamsAreCounted(t *testing.T) {
	s := ways["the crew"].open(t, func(s *web.Site) { s.Gate.Max = 1 })
	s.ask("GET", "/events")
	if got := s.ask("GET", "/events"); got.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("got %s, want 429", got.Status)
	}
	for _, want := range []string{"carryout_streams 1\n", "carryout_streams_limit 1\n", "carryout_streams_refused_total 1\n"} {
		if got := text(t, s.ask("GET", "/metrics")); !strings.Contains(got, "\n"+want) {
			t.Errorf("got\n%s, want in it %s", got, want)
		}
	}
}
