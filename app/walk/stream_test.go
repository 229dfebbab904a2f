package walk_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slow are flags with which an export of the tree takes some seconds.
const slow = "-throttle=800000"

func TestEventsComeAsTheyHappen(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), slow)
	id := s.submit(spec("docs", "zip")).text("id")
	st := s.follow("/jobs/"+id+"/events", "")
	for field, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if got := st.resp.Header.Get(field); got != want {
			t.Errorf("got %s %q, want %q", field, got, want)
		}
	}
	running := 0
	for {
		e, err := st.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.name == "progress" && s.get("/jobs/"+id).text("state") == "running" {
			running++ // it was seen while the job was still at it
		}
	}
	if running < 3 {
		t.Errorf("got %d progress events while the job ran, want at least 3", running)
	}
}

func TestAFollowerGoesOnExactlyWhereItStopped(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), slow)
	id := s.submit(spec("docs", "tar.gz")).text("id")
	path := "/jobs/" + id + "/events"

	first := s.follow(path, "")
	var seen []event
	for len(seen) < 6 {
		e, err := first.next()
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, e)
	}
	first.resp.Body.Close()
	all := append(seen, s.follow(path, seen[len(seen)-1].id).rest()...)
	checkHistory(t, all)

	if got := all[0].name; got != "queued" {
		t.Errorf("got %q first, want queued", got)
	}
	if got := all[len(all)-1].name; got != "ready" {
		t.Errorf("got %q last, want ready", got)
	}
	// What is told again is told in the same words.
	replay := s.follow(path, "").rest()
	for _, e := range replay {
		if i := slices.IndexFunc(all, func(o event) bool { return o.id == e.id }); i >= 0 && all[i] != e {
			t.Errorf("event %s: got %v first and %v later", e.id, all[i], e)
		}
	}
}

// checkHistory wants numbers that only grow, and progress that does too
// within an attempt. It may fall once where what earlier attempts have done has
// turned out to be of no use, which a warning says before.
func checkHistory(t *testing.T, all []event) {
	t.Helper()
	last, fraction, mayFall := 0, 0.0, false
	for _, e := range all {
		n, err := strconv.Atoi(e.id)
		if err != nil || n <= last {
			t.Fatalf("got the number %q after %d", e.id, last)
		}
		last = n
		switch e.name {
		case "started":
			fraction, mayFall = 0, false
		case "warning":
			mayFall = mayFall || e.json(t).text("code") == "started_over"
		case "progress":
			f := e.json(t).number("fraction")
			if f < fraction && !mayFall || f >= 1 {
				t.Errorf("event %s: got the fraction %v after %v", e.id, f, fraction)
			}
			mayFall = mayFall && f >= fraction
			fraction = f
		}
	}
}

func TestTheEndOfAStreamIsForGood(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t))
	id := s.submit(spec("docs", "zip")).text("id")
	j := s.ready(id)
	path := "/jobs/" + id + "/events"
	last := strconv.Itoa(int(j.number("last_event")))

	resp, body := s.call("GET", path, "", "Last-Event-ID", last)
	if resp.StatusCode != http.StatusNoContent || len(body) > 0 {
		t.Errorf("got %s with %d bytes for who knows the last event, want 204", resp.Status, len(body))
	}
	resp, _ = s.call("GET", path+"?last_event_id="+last, "")
	if resp.StatusCode != http.StatusNoContent {
		t.Errorf("got %s for the last event in the query, want 204", resp.Status)
	}
	for _, id := range []string{"0x1", "-1", "9223372036854775807", "99999999999999999999", "abc", "01", "1 2"} {
		events := s.follow(path, id).rest()
		if len(events) != 1 || events[0].name != "reset" || events[0].id != last || events[0].json(t).text("state") != "ready" {
			t.Errorf("Last-Event-ID %q: got %v, want a reset with the whole job", id, events)
		}
	}
}

func TestTheStreamOfANewJobMayBeTheAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t))
	resp, body := s.call("POST", "/jobs", spec("docs", "zip"), "Accept", "text/event-stream")
	if resp.StatusCode != http.StatusCreated || !strings.HasPrefix(resp.Header.Get("Location"), "/jobs/") {
		t.Fatalf("got %s at %q, want 201 and where the job is", resp.Status, resp.Header.Get("Location"))
	}
	if text := string(body); !strings.HasPrefix(text, ": connected\n\nretry: 2000\n\n") || !strings.Contains(text, "event: ready\n") {
		t.Errorf("got %q, want the whole stream", text)
	}
}

func TestSilenceIsBrokenByComments(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-workers", "1", "-throttle=20000", "-heartbeat", "300ms")
	s.submit(spec("docs", "zip"))
	waiting := s.submit(spec("docs", "zip")).text("id") // behind the first: nothing happens to it
	st := s.follow("/jobs/"+waiting+"/events", "")
	comments := 0
	for deadline := time.Now().Add(patience); comments < 4 && time.Now().Before(deadline); {
		line, err := st.in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, ":") {
			comments++
		}
	}
	if comments < 4 {
		t.Errorf("got %d comments, want the greeting and three signs of life", comments)
	}
}

func TestFollowersAreToldWhenTheServerStops(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-throttle=20000")
	id := s.submit(spec("docs", "zip")).text("id")
	st := s.follow("/jobs/"+id+"/events", "")
	if _, err := st.next(); err != nil {
		t.Fatal(err)
	}
	feed := s.follow("/events", "")
	began := time.Now()
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("got exit status %d, want 0", code)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the stop took %v, want a second or two", took)
	}
	for name, st := range map[string]*stream{"job": st, "feed": feed} {
		b, err := io.ReadAll(st.in)
		if err != nil {
			t.Errorf("%s: got %v, want a proper end of the response", name, err)
		}
		if !strings.Contains(string(b), "retry: ") {
			t.Errorf("%s: got %q, want to be told when to come back", name, b)
		}
	}
	// The job was put back, and runs again.
	s.restart()
	events := s.follow("/jobs/"+id+"/events", "")
	var kinds []string
	for !slices.Contains(kinds, "requeued") || kinds[len(kinds)-1] != "started" {
		e, err := events.next()
		if err != nil {
			t.Fatalf("after %v: %v", kinds, err)
		}
		kinds = append(kinds, e.name)
	}
}

func TestASecondSignalEndsTheServerAtOnce(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, "-data", data, "-source", "docs="+tree(t), "-throttle=20000")
	id := s.submit(spec("docs", "zip")).text("id")
	st := s.follow("/jobs/"+id+"/events", "")
	for e, err := st.next(); e.name != "started"; e, err = st.next() {
		if err != nil {
			t.Fatal(err)
		}
	}
	// A foreign lock holds the stop up: the running job cannot be put back.
	db := open(t, filepath.Join(data, "carryout.db"))
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	st.rest()                     // ends when the server has begun to stop
	for ended := false; !ended; { // until one comes after the program has noticed the first
		if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		select {
		case err := <-s.done:
			s.done <- err
			ended = true
		case <-time.After(10 * time.Millisecond):
		}
	}
	if status := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("got %v, want an end by the second signal", s.cmd.ProcessState)
	}
}

func TestTheFeed(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t))
	a, b := s.follow("/events", ""), s.follow("/events", "")
	id := s.submit(spec("docs", "zip")).text("id")
	s.ready(id)
	texts := []string{"hello", "two\nlines\n\nand four", "ünïcödé 🥡", "{\"json\":true}"}
	for _, text := range texts {
		resp, body := s.call("POST", "/publish", `{"message":`+strconv.Quote(text)+`,"event":"news"}`)
		if resp.StatusCode != http.StatusAccepted {
			t.Fatalf("got %s: %s", resp.Status, body)
		}
	}
	read := func(st *stream) (news []event, kinds map[string]int) {
		kinds = make(map[string]int)
		for len(news) < len(texts) || kinds["time"] == 0 || kinds["stats"] == 0 || kinds["job"] == 0 {
			e, err := st.next()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(e.id, "evt-") {
				t.Errorf("got the id %q, want evt-N", e.id)
			}
			kinds[e.name]++
			if e.name == "news" {
				news = append(news, e)
			}
		}
		return news, kinds
	}
	newsA, _ := read(a)
	newsB, _ := read(b)
	if !slices.Equal(newsA, newsB) {
		t.Errorf("got %v and %v, want the same in one order", newsA, newsB)
	}
	if got := newsA[2].data; got != texts[2] {
		t.Errorf("got %q, want %q", got, texts[2])
	}
	// Whoever comes back, after a crash too, gets what was published since.
	s.kill()
	s.restart()
	back := s.follow("/events", newsA[0].id)
	for i, want := range newsA[1:] {
		if e, err := back.next(); err != nil || e != want {
			t.Fatalf("message %d: got %v, %v, want %v", i+1, e, err, want)
		}
	}
}
