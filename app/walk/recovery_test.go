package walk_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// recovery is how long after it listens a server may take to run jobs again,
// and slack how much longer the race detector and the tests beside this one may
// make it.
const (
	recovery = 250 * time.Millisecond
	slack    = 8
)

func TestAServerThatWasKilledRunsAgainAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-throttle=1000", "-workers=2")
	first := s.submit(spec("docs", "zip")).text("id")
	st := s.follow("/jobs/"+first+"/events", "")
	for e := (event{}); e.name != "started"; {
		var err error
		if e, err = st.next(); err != nil {
			t.Fatal(err)
		}
	}
	const queued = 1000
	s.submitMany(queued)
	s.kill()

	s.restart()
	listening := time.Now()
	st = s.follow("/jobs/"+first+"/events", "2")
	for e := (event{}); e.name != "started"; {
		var err error
		if e, err = st.next(); err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(listening)
	t.Logf("with %d jobs in the queue: running again %v after listening", queued, took)
	if took > slack*recovery {
		t.Errorf("got a job running again after %v, want %v or %d times that beside other tests", took, recovery, slack)
	}
	if got := s.get("/jobs?state=queued&limit=500"); len(got["jobs"].([]any)) != 500 {
		t.Errorf("got %v, want a queue that is there", got)
	}
}

// submitMany asks for so many jobs, some at the same time.
func (s *server) submitMany(n int) {
	s.t.Helper()
	const together = 16
	failed := make(chan error, together)
	for who := range together {
		go func() {
			for i := who; i < n; i += together {
				if err := s.tryToSubmit(spec("docs", "zip")); err != nil {
					failed <- fmt.Errorf("job %d: %w", i, err)
					return
				}
			}
			failed <- nil
		}()
	}
	for range together {
		if err := <-failed; err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *server) tryToSubmit(spec string) error {
	resp, err := http.Post(s.url+"/jobs", "application/json", strings.NewReader(spec))
	if err != nil {
		return err
	}
	defer resp.Body.Close() // only read
	if b, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("got %s: %s, error %v", resp.Status, b, err)
	}
	return nil
}
