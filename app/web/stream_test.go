package web_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/carrier"
	"example.org/carryout/app/web"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

func TestAStreamIsTheSameByEveryWay(t *testing.T) {
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := w.open(t, nil)
			l := s.running()
			path := "/jobs/" + string(l.Job.ID) + "/events"
			resp := s.ask("GET", path, "Accept-Encoding", "gzip")
			if resp.Proto != w.protocol || resp.StatusCode != http.StatusOK {
				t.Errorf("got %s %s, want %s 200", resp.Proto, resp.Status, w.protocol)
			}
			for field, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
				"Content-Encoding": "", "Content-Length": "", "X-Content-Type-Options": "nosniff"} {
				if got := resp.Header.Get(field); got != want {
					t.Errorf("got %s %q, want %q", field, got, want)
				}
			}
			if _, err := http.ParseTime(resp.Header.Get("Date")); err != nil {
				t.Errorf("got %v, want a date", err)
			}
			in := bufio.NewReader(resp.Body)
			until(t, in, ": connected")
			until(t, in, "retry: 2000")
			until(t, in, "event: queued")
			until(t, in, "event: started")
			s.tell(l, warning("one")) // comes at once, one by one
			until(t, in, "id: 3")
			s.tell(l, warning(strings.Repeat("ü", 50_000)))
			until(t, in, "id: 4")
			s.tell(l, jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "x.zip"}})
			until(t, in, "event: ready")
			if rest, err := io.ReadAll(in); err != nil || strings.Contains(string(rest), "event:") {
				t.Errorf("got %q and %v, want a proper end", rest, err)
			}
			s.idle()

			for after, want := range map[string][]int64{"": {1, 2, 3, 4, 5}, "0": {1, 2, 3, 4, 5}, "2": {3, 4, 5}, "4": {5}} {
				if got := numbers(t, s.ask("GET", path, "Last-Event-ID", after).Body); !slices.Equal(got, want) {
					t.Errorf("after %q: got %v, want %v", after, got, want)
				}
				if got := numbers(t, s.ask("GET", path+"?last_event_id="+after).Body); !slices.Equal(got, want) {
					t.Errorf("after %q in the query: got %v, want %v", after, got, want)
				}
			}
			for _, bad := range []string{"6", "-1", "x", "05", "+5", "5.0", "9223372036854775808", "evt-5"} {
				body, err := io.ReadAll(s.ask("GET", path, "Last-Event-ID", bad).Body)
				if text := string(body); err != nil || strings.Count(text, "event: ") != 1 || !strings.Contains(text, "id: 5\nevent: reset\ndata: {\"id\":") {
					t.Errorf("after %q: got %q and %v, want a reset with the whole job", bad, text, err)
				}
			}
			if resp := s.ask("GET", path, "Last-Event-ID", "5"); resp.StatusCode != http.StatusNoContent {
				t.Errorf("after the last event: got %s, want 204", resp.Status)
			}
			if resp := s.ask("GET", "/jobs/AAAAAAAAAAAAAAAAAAAAAAAAAA/events"); resp.StatusCode != http.StatusNotFound {
				t.Errorf("an unknown job: got %s, want 404", resp.Status)
			}
			resp = s.ask("HEAD", path)
			if body, err := io.ReadAll(resp.Body); err != nil || len(body) > 0 || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
				t.Errorf("HEAD: got %s, %q and %v, want the header alone", resp.Status, body, err)
			}
			s.idle()
		})
	}
}

func TestWhoLeavesIsNoticedByEveryWay(t *testing.T) {
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := w.open(t, func(site *web.Site) {
				site.Crew, site.Heartbeat = carrier.New(40*time.Millisecond), 40*time.Millisecond
			})
			path := "/jobs/" + string(s.running().Job.ID) + "/events"
			for _, path := range []string{path, "/events"} {
				resp := s.ask("GET", path)
				in := bufio.NewReader(resp.Body)
				until(t, in, ": connected")
				until(t, in, ": still here") // silence is broken by comments
				until(t, in, ": still here")
				if got := s.gate(); got != 1 {
					t.Errorf("%s: got %d open streams, want 1", path, got)
				}
				resp.Body.Close()
				s.idle()
			}
		})
	}
}

func TestAllAreToldOfTheStopByEveryWay(t *testing.T) {
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := w.open(t, nil)
			var open []*bufio.Reader
			path := "/jobs/" + string(s.running().Job.ID) + "/events"
			for range 20 {
				in := bufio.NewReader(s.ask("GET", path).Body)
				until(t, in, "event: started")
				open = append(open, in)
			}
			close(s.stopping)
			s.stopCrew()
			waits := make(map[string]bool)
			for _, in := range open {
				line := until(t, in, "retry: ")
				waits[line] = true
				if ms, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "retry: "))); err != nil || ms < 1000 || ms > 5000 {
					t.Errorf("got %q, want a second or a few", line)
				}
				if rest, err := io.ReadAll(in); err != nil || strings.TrimSpace(string(rest)) != "" {
					t.Errorf("got %q and %v after that, want a proper end", rest, err)
				}
			}
			if len(waits) < 10 {
				t.Errorf("got %v for 20 clients, want a spread", waits)
			}
			// Whoever comes now is told too.
			in := bufio.NewReader(s.ask("GET", path).Body)
			until(t, in, ": connected")
			until(t, in, "retry: 2000")
			until(t, in, "retry: ")
			s.idle()
		})
	}
}

// A deadline that has passed in silence is that of an earlier write. It ends
// neither what is told then, nor the end.
func TestSilenceLastsLongerThanADeadlineByEveryWay(t *testing.T) {
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const patience, heartbeat = 200 * time.Millisecond, 600 * time.Millisecond
			s := w.open(t, func(site *web.Site) {
				site.Crew, site.Heartbeat = carrier.New(heartbeat), heartbeat
				site.Crew.Patience = patience
			})
			l := s.running()
			in := bufio.NewReader(s.ask("GET", "/jobs/"+string(l.Job.ID)+"/events").Body)
			until(t, in, "event: started")
			<-time.After(patience * 3 / 4) // the deadline of that is taken back
			s.tell(l, warning("in between"))
			until(t, in, "event: warning")
			until(t, in, ": still here")
			until(t, in, ": still here")
			s.tell(l, warning("after a while"))
			until(t, in, "event: warning")
			<-time.After(patience + patience/4)
			if err := s.store.Delete(t.Context(), l.Job.ID); err != nil { // of which nothing is told
				t.Fatal(err)
			}
			if rest, err := io.ReadAll(in); err != nil || strings.Contains(string(rest), "event: ") {
				t.Errorf("got %q and %v, want a proper end", rest, err)
			}
		})
	}
}

// One follower reads nothing. It costs little, it is cut, and what it has
// missed it gets when it comes back; nobody else notices.
func TestWhoReadsNothingIsCutByEveryWay(t *testing.T) {
	for name, w := range ways {
		if w.protocol == "HTTP/1.0" {
			continue
		}
		for cause, bound := range map[string]func(*carrier.Crew){
			"by the time":  func(c *carrier.Crew) { c.Patience = 3 * time.Second },
			"by its bytes": func(c *carrier.Crew) { c.Patience, c.MaxLag = time.Minute, 100_000 },
		} {
			t.Run(name+" "+cause, func(t *testing.T) {
				t.Parallel()
				s := w.open(t, func(site *web.Site) {
					site.Crew = carrier.New(time.Minute)
					bound(site.Crew)
				})
				l := s.running()
				path := "/jobs/" + string(l.Job.ID) + "/events"
				dead := s.ask("GET", path)
				in := bufio.NewReader(dead.Body)
				until(t, in, "event: started")
				live := make(chan string, 1000) // numbers of what the live one is told
				liveBody := s.ask("GET", path).Body
				go func() {
					defer close(live)
					for frames := wire.NewReader(liveBody); ; {
						f, err := frames.Next()
						if err != nil {
							return
						}
						live <- f.ID
					}
				}()
				last := int64(0)
				hears := func() {
					t.Helper()
					last++
					if got, want := <-live, strconv.FormatInt(last, 10); got != want {
						t.Fatalf("the live one got event %q, want %s", got, want)
					}
				}
				hears()
				hears()
				long := strings.Repeat("x", 500_000)
				for deadline := time.Now().Add(30 * time.Second); s.gate() > 1; {
					if time.Now().After(deadline) {
						t.Fatal("the dead one is not cut")
					}
					began := time.Now()
					s.tell(l, warning(long))
					hears()
					if took := time.Since(began); took > 5*time.Second {
						t.Errorf("event %d took %v to the live one", last, took)
					}
				}
				if got := text(t, s.house.ask("GET", "/metrics", "")); !strings.Contains(got, "\ncarryout_streams_cut_total 1\n") {
					t.Errorf("got\n%s, want one cut stream", got)
				}
				var got []int64
				frames := wire.NewReader(in)
				for {
					f, err := frames.Next()
					if err == io.EOF {
						t.Error("the dead one is told that its stream is whole")
					}
					if err != nil {
						break
					}
					if f.ID == "" {
						continue // the rest of the second, whose number was read above
					}
					n, err := strconv.ParseInt(f.ID, 10, 64)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, n)
				}
				s.tell(l, jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "x.zip"}})
				lastGot := int64(2)
				if len(got) > 0 {
					lastGot = got[len(got)-1]
				}
				got = append(got, numbers(t, s.ask("GET", path, "Last-Event-ID", strconv.FormatInt(lastGot, 10)).Body)...)
				for i, n := range got {
					if n != int64(i)+3 {
						t.Fatalf("got event %d, want %d", n, i+3)
					}
				}
				if int64(len(got)) != last-2+1 {
					t.Errorf("got %d events, want %d", len(got), last-1)
				}
			})
		}
	}
}

// What a client sends ahead is never answered, and does no harm to the end.
func TestBytesSentAheadAreDropped(t *testing.T) {
	s := ways["the crew"].open(t, nil)
	l := s.running()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	path := "/jobs/" + string(l.Job.ID) + "/events"
	request := "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
	if _, err := io.WriteString(conn, request+request+strings.Repeat("x", 10_000)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	until(t, in, "event: started")
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	s.tell(l, jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "x.zip"}})
	until(t, in, "event: ready")
	rest, err := io.ReadAll(in)
	if err != nil || !strings.HasSuffix(string(rest), "\r\n0\r\n\r\n") || strings.Contains(string(rest), "HTTP/1.1") {
		t.Errorf("got %q and %v, want the last chunk and nothing more", rest, err)
	}
}

func TestTheFeedIsWhatIsChosen(t *testing.T) {
	s := ways["the crew"].open(t, nil)
	a, b := s.running().Job.ID, s.running()
	if err := os.WriteFile(filepath.Join(s.root, "b.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	gone := "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	named := bufio.NewReader(s.ask("GET", "/events?events=job&events=news,message&job="+string(a)+"&job="+gone).Body)
	first := until(t, named, "data: ") + until(t, named, "data: ") // as they stand
	for _, want := range []string{`data: {"id":"` + gone + `","deleted":true}`, `data: {"id":"` + string(a) + `","state":"running"`} {
		if !strings.Contains(first, want) {
			t.Errorf("got %q, want %q", first, want)
		}
	}
	news := bufio.NewReader(s.ask("GET", "/events?events=news").Body)
	until(t, news, "retry: ")
	s.tell(b, warning("not asked for"))
	if _, err := s.store.Cancel(t.Context(), a, "enough"); err != nil {
		t.Fatal(err)
	}
	for line := ""; !strings.Contains(line, `"state":"canceled"`); {
		line = until(t, named, "data: ")
		if !strings.Contains(line, string(a)) {
			t.Errorf("got %q, want changes of one job alone", line)
		}
	}
	for _, name := range []string{"other", "news"} {
		body := `{"message":"from ` + name + `","event":"` + name + `"}`
		if got := s.house.ask("PUT", "/publish", body, "Content-Type", "application/json").StatusCode; got != http.StatusAccepted {
			t.Fatalf("got %d, want 202", got)
		}
	}
	for who, in := range map[string]*bufio.Reader{"named": named, "news": news} {
		if got := until(t, in, "event: "); got != "event: news\n" {
			t.Errorf("%s: got %q, want the news alone", who, got)
		}
	}
	for query, field := range map[string]string{"?events=": "events", "?events=Time": "events", "?events=time,": "events", "?events=open": "events", "?job=x": "job", "?job=": "job"} {
		resp := s.ask("GET", "/events"+query)
		if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(body), `"field":"`+field+`"`) {
			t.Errorf("%s: got %s, %q and %v, want 422 and the field %s", query, resp.Status, body, err, field)
		}
	}
	for _, query := range []string{"?job=%zz", "?events=;time"} {
		if got := s.ask("GET", "/events"+query).StatusCode; got != http.StatusBadRequest {
			t.Errorf("%s: got %d, want %d, and not everything", query, got, http.StatusBadRequest)
		}
	}
}
