package walk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// checkFile wants a job to be ready with the file of that hash.
func checkFile(t *testing.T, s *server, j object, want string) {
	t.Helper()
	if j.text("state") != "ready" {
		t.Errorf("got %v, want it ready", j)
		return
	}
	_, body := s.call("GET", j.text("file", "url"), "")
	sum := sha256.Sum256(body)
	if got := hex.EncodeToString(sum[:]); got != want || j.text("file", "sha256") != want {
		t.Errorf("job %v: got a file with the hash %s and the word %s, want %s", j["spec"], got, j.text("file", "sha256"), want)
	}
}

func checkOneEnd(t *testing.T, id string, history []event) {
	t.Helper()
	ends := 0
	for _, e := range history {
		if e.name == "ready" || e.name == "failed" || e.name == "canceled" {
			ends++
		}
	}
	if ends != 1 || history[len(history)-1].name != "ready" {
		t.Errorf("job %s: got %d last events, want one", id, ends)
	}
}

// checkToldTheSame wants what was told before the kills to be told in the same
// words after them.
func checkToldTheSame(t *testing.T, id string, before, after []event) {
	t.Helper()
	told := make(map[string]event)
	for _, e := range after {
		told[e.id] = e
	}
	for _, e := range before {
		now, kept := told[e.id]
		if !kept && e.name != "progress" {
			t.Errorf("job %s: event %s, %s, was told and is gone", id, e.id, e.name)
		}
		if kept && now != e {
			t.Errorf("job %s: got %v first and %v later", id, e, now)
		}
	}
}
