package walk_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// made starts a server that fails at a point.
func made(t *testing.T, failpoint string, args ...string) *server {
	t.Helper()
	s := prepare(t, append(args, "-data", t.TempDir())...)
	s.bin, s.env = failing(t), []string{"CARRYOUT_FAILPOINT=" + failpoint}
	s.start()
	return s
}

// A panic or an error of a format or a source, in whatever goroutine, ends the
// job that it happens to, and nothing else.
func TestAFaultFailsOneJob(t *testing.T) {
	t.Parallel()
	archive, table := spec("docs", "tar.gz"), spec("shop", "csv", `"table":"orders"`)
	for _, test := range []struct{ failpoint, spec, state string }{
		{"format-begun=panic", archive, "failed"},
		{"piece-packed=panic:3", archive, "failed"}, // in a goroutine of the engine
		{"file-opened=panic:7", archive, "failed"},
		{"file-opened=error:7", archive, "ready"}, // with a warning
		{"rows-read=panic", table, "failed"},
	} {
		t.Run(test.failpoint, func(t *testing.T) {
			t.Parallel()
			s := made(t, test.failpoint, "-source", "docs="+docsOnce(t), "-source", "shop=sqlite:"+shopOnce(t))
			j := s.finish(s.submit(test.spec).text("id"))
			if j.text("state") != test.state {
				t.Errorf("got %v, want a job that is %s", j, test.state)
			}
			switch test.state {
			case "failed":
				if message := j.text("error", "message"); !strings.Contains(message, "on our side") || strings.Contains(message, "failpoint") {
					t.Errorf("got the reason %q, want one for people", message)
				}
			case "ready":
				if j.number("warnings") != 1 {
					t.Errorf("got %v, want one warning", j)
				}
			}
			if j := s.ready(s.submit(test.spec).text("id")); j.number("warnings") != 0 {
				t.Errorf("the next one: got %v, want no warning", j)
			}
			if resp, body := s.call("GET", "/healthz", ""); resp.StatusCode != http.StatusOK {
				t.Errorf("got %s: %s", resp.Status, body)
			}
		})
	}
}

// A job that takes the server down each time it starts is given up.
func TestAJobThatKillsTheServerEachTimeIsGivenUp(t *testing.T) {
	t.Parallel()
	s := made(t, "format-begun=kill", "-source", "docs="+docsOnce(t), "-attempts=3", "-workers=1")
	_ = s.tryToSubmit(spec("docs", "zip")) // the server may have died before it answers
	for n := range 3 {
		<-s.done
		s.done <- nil
		if !killedItself(s) {
			t.Fatalf("start %d: got %v, want it to die", n+1, s.cmd.ProcessState)
		}
		if n == 2 {
			s.env = nil
		}
		if err := s.try(); err != nil && !killedItself(s) {
			t.Fatal(err)
		}
	}
	_, list := s.call("GET", "/jobs", "", "Accept", "application/json")
	var all struct{ Jobs []struct{ ID string } }
	if err := json.Unmarshal(list, &all); err != nil || len(all.Jobs) != 1 {
		t.Fatalf("got %s, error %v; want the one job", list, err)
	}
	id := all.Jobs[0].ID
	j := s.finish(id)
	if j.text("state") != "failed" || j.text("error", "code") != "gave_up" || j.number("attempt") != 3 {
		t.Errorf("got %v, want it given up after 3 attempts", j)
	}
	if got := j.text("error", "message"); !strings.Contains(got, "went down 3 times") {
		t.Errorf("got the reason %q, want it to say what happened", got)
	}
	history := s.follow("/jobs/"+id+"/events", "").rest()
	if n := strings.Count(kinds(history), "started"); n != 3 {
		t.Errorf("got %s, want 3 starts", kinds(history))
	}
	checkHistory(t, history)
	s.ready(s.submit(spec("docs", "zip")).text("id"))
}

// kinds lists the names of events.
func kinds(all []event) string {
	var names []string
	for _, e := range all {
		names = append(names, e.name)
	}
	return strings.Join(names, " ")
}
