//go:build long

package walk_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The machine's clock is set while the server runs, and once more while it is
// down. Files are kept for as long as was said, and no longer.
func TestAFileIsKeptForAsLongAsWasSaidWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	const retain = 12 * time.Second
	for _, set := range []time.Duration{time.Hour, -time.Hour, 8760 * time.Hour, -8760 * time.Hour} {
		t.Run(set.String(), func(t *testing.T) {
			t.Parallel()
			clock := filepath.Join(t.TempDir(), "clock")
			adjust := func(off time.Duration) {
				if err := os.WriteFile(clock+".new", []byte(off.String()), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(clock+".new", clock); err != nil {
					t.Fatal(err)
				}
			}
			s := prepare(t, "-source", "docs="+docsOnce(t), "-retain", retain.String(), "-data", t.TempDir())
			s.bin, s.env = failing(t), []string{"CARRYOUT_CLOCK=" + clock}
			s.start()
			earliest := time.Now().Add(retain)
			id := s.submit(spec("docs", "zip")).text("id")
			s.ready(id)
			latest := time.Now().Add(retain)
			kept := func(when string) {
				t.Helper()
				resp, _ := s.call("HEAD", "/jobs/"+id+"/file", "")
				if resp.StatusCode != http.StatusOK && time.Now().Before(earliest) {
					t.Errorf("%s: got %s %v before its time", when, resp.Status, time.Until(earliest))
				}
				expires, err := time.Parse(time.RFC3339, s.get("/jobs/"+id).text("expires"))
				if err != nil {
					t.Fatal(err)
				}
				if off := expires.Sub(s.now(clock)) - time.Until(latest); off < -10*time.Second || off > 10*time.Second {
					t.Errorf("%s: got that it expires %v from the truth", when, off)
				}
			}
			adjust(set)
			other := s.submit(spec("docs", "tar"))
			created, err := time.Parse(time.RFC3339, other.text("created"))
			if err != nil || time.Since(created.Add(-set)).Abs() > time.Minute {
				t.Fatalf("got a job made at %v, %v, want the clock to be set by %v", created, err, set)
			}
			for range 3 { // while it is looked for files that are due, every 1.2 s
				kept("set while it runs")
				<-time.After(retain / 8)
			}
			s.kill()
			adjust(-set)
			s.restart()
			for time.Now().Before(earliest.Add(-time.Second)) {
				kept("set while it was down")
				<-time.After(retain / 16)
			}
			for {
				resp, _ := s.call("HEAD", "/jobs/"+id+"/file", "")
				if resp.StatusCode == http.StatusGone {
					break
				}
				if late := time.Since(latest); late > 20*time.Second {
					t.Fatalf("it is still there %v after its time", late)
				}
				<-time.After(50 * time.Millisecond)
			}
			if early := time.Until(earliest); early > 0 {
				t.Errorf("it went %v before its time", early)
			}
		})
	}
}

// now is what the server's clock shows.
func (s *server) now(clock string) time.Time {
	s.t.Helper()
	text, err := os.ReadFile(clock)
	if err != nil {
		return time.Now()
	}
	off, err := time.ParseDuration(string(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return time.Now().Add(off)
}
