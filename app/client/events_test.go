package client_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"testing"
	"time"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

func event(seq int64, kind jobs.Kind) jobs.Event {
	e := jobs.Event{Job: id, Seq: seq, Kind: kind, At: began.Add(time.Duration(seq) * time.Second)}
	switch kind {
	case jobs.KindQueued:
		e.Spec = jobs.Spec{Source: "docs", Format: "zip"}
	case jobs.KindStarted:
		e.Attempt = 1
	case jobs.KindReady:
		e.File = jobs.File{Name: "docs.zip", Size: 5, Type: "application/zip", SHA256: "ab"}
	case jobs.KindFailed:
		e.Failure = jobs.Failure{Code: "c", Message: "m"}
	}
	return e
}

// history is a job that failed, and then did not.
var history = []jobs.Event{
	event(1, jobs.KindQueued), event(2, jobs.KindStarted), event(3, jobs.KindFailed), event(4, jobs.KindQueued),
	event(5, jobs.KindStarted), event(6, jobs.KindProgress), event(9, jobs.KindProgress), event(10, jobs.KindReady),
}

// streams answers with those events and ends the answer, by force if it is cut.
func streams(cut string, events ...jobs.Event) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		b := wire.AppendRetry(wire.AppendComment(nil, "connected"), 3*time.Second)
		for _, e := range events {
			b = wire.AppendEvent(b, e)
		}
		w.Write(append(b, cut...))
		w.(http.Flusher).Flush()
		if cut != "" {
			panic(http.ErrAbortHandler)
		}
	}
}

func done(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// follow collects what a client is told.
func follow(t *testing.T, c *client.Client, after int64) (got []jobs.Event, err error) {
	t.Helper()
	for e, failed := range c.Events(t.Context(), id, after) {
		if failed != nil {
			return got, failed
		}
		got = append(got, e)
	}
	return got, nil
}

func TestEvents(t *testing.T) {
	whole := jobs.Job{ID: id, State: jobs.Running, LastEvent: 9}
	over := jobs.Job{ID: id, State: jobs.Ready, LastEvent: 10}
	for name, c := range map[string]struct {
		after  int64
		server script
		want   []jobs.Event
		asked  []string // after which ids
	}{
		"in one go":                              {0, script{streams("", history...)}, history, []string{""}},
		"from a number on":                       {5, script{streams("", history[5:]...)}, history[5:], []string{"5"}},
		"of which there are none":                {10, script{done}, nil, []string{"10"}},
		"cut off in the middle of one":           {0, script{streams("id: 3\nda", history[:2]...), streams("", history[2:]...)}, history, []string{"", "2"}},
		"ended by a server that stops":           {0, script{streams("", history[:2]...), breaks, problem(503), streams("", history[2:]...)}, history, []string{"", "2", "2", "2"}},
		"cut off after what looked like the end": {0, script{streams(": ", history[:3]...), streams("", history[3:]...)}, history, []string{"", "3"}},
		"cut off at the end":                     {0, script{streams(": ", history...), done}, history, []string{"", "10"}},
		"broken before the first":                {0, script{breaks, breaks, streams("", history...)}, history, []string{"", "", ""}},
		"with an id that counts without data":    {0, script{streams("id: 8\n\nx", history[:6]...), streams("", history[6:]...)}, history, []string{"", "8"}},
		"from a number that is none":             {77, script{streams("", wire.Reset(whole), history[7])}, []jobs.Event{wire.Reset(whole), history[7]}, []string{"77"}},
		"from one after the end":                 {77, script{streams("", wire.Reset(over))}, []jobs.Event{wire.Reset(over)}, []string{"77"}},
	} {
		t.Run(name, func(t *testing.T) {
			c1, seen := serve(t, c.server)
			got, err := follow(t, c1, c.after)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v and %v, want %+v", got, err, c.want)
			}
			if seen.count() != len(c.asked) {
				t.Errorf("got %d requests, want %d", seen.count(), len(c.asked))
			}
			for i, want := range c.asked {
				if got := seen.header(i, "Last-Event-ID"); got != want {
					t.Errorf("request %d: got Last-Event-ID %q, want %q", i, got, want)
				}
				if got := seen.header(i, "Accept"); got != "text/event-stream" {
					t.Errorf("request %d: got Accept %q, want text/event-stream", i, got)
				}
			}
		})
	}
}

func TestEventsThatCannotBe(t *testing.T) {
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<p>Hello"))
	}
	nonsense := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.Write([]byte("event: progress\ndata: 42%\n\n"))
	}
	var refusal *client.Problem
	for name, c := range map[string]struct {
		server script
		as     any
		is     error
	}{
		"no such job":             {script{problem(404)}, &refusal, nil},
		"deleted meanwhile":       {script{streams("", history[0]), problem(404)}, &refusal, nil},
		"trouble of the server's": {script{problem(500)}, &refusal, nil},
		"no stream":               {script{page}, nil, client.ErrProtocol},
		"no events":               {script{nonsense}, nil, client.ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			c1, _ := serve(t, c.server)
			_, err := follow(t, c1, 0)
			if err == nil || c.as != nil && !errors.As(err, c.as) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want another error", err)
			}
		})
	}
}

func TestEventsWaitAsLongAsTheServerAsks(t *testing.T) {
	c, seen := serve(t, script{streams("x", history[:2]...), breaks, breaks, breaks, breaks, breaks, problem(503, "Retry-After", "120"), streams("", history[2:]...)})
	if _, err := follow(t, c, 0); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{3 * time.Second, 6 * time.Second, 12 * time.Second, 24 * time.Second, 30 * time.Second, 30 * time.Second, 120 * time.Second}
	if len(seen.waits) != len(want) {
		t.Fatalf("got the waits %v, want %d", seen.waits, len(want))
	}
	for i, most := range want {
		if d := seen.waits[i]; d < most/2 || d > most {
			t.Errorf("wait %d: got %v, want between %v and %v", i, d, most/2, most)
		}
	}
	if got := seen.waits[6]; got != 120*time.Second {
		t.Errorf("got %v, want the 120 s that were asked for", got)
	}
}

func TestEventsDoNotGiveUpButWithTheirContext(t *testing.T) {
	c, seen := serve(t, script{breaks})
	ctx, cancel := context.WithCancel(t.Context())
	c.Wait = func(ctx context.Context, d time.Duration) error {
		if seen.count() == 50 {
			cancel()
		}
		return ctx.Err()
	}
	var errs []error
	for _, err := range c.Events(ctx, id, 0) {
		errs = append(errs, err)
	}
	if len(errs) != 1 || !errors.Is(errs[0], context.Canceled) || seen.count() != 50 {
		t.Errorf("got %v after %d requests, want %v alone after 50", errs, seen.count(), context.Canceled)
	}
}

func TestEventsComeAsTheyHappen(t *testing.T) {
	next := make(chan jobs.Event, 1) // the server sends one only when the client has had the one before
	c, _ := serve(t, script{func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		for {
			select {
			case e, more := <-next:
				if !more {
					return
				}
				w.Write(wire.AppendEvent(nil, e))
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}})
	next <- history[0]
	n := 0
	for e, err := range c.Events(t.Context(), id, 0) {
		if err != nil || !reflect.DeepEqual(e, history[n]) {
			t.Fatalf("got %+v and %v, want %+v", e, err, history[n])
		}
		if n++; n == len(history) {
			close(next)
			continue
		}
		next <- history[n]
	}
	if n != len(history) {
		t.Errorf("got %d events, want %d", n, len(history))
	}
}

func TestEventsLeaveWhenTheyAreNotWantedAnyMore(t *testing.T) {
	left := make(chan struct{})
	c, _ := serve(t, script{func(w http.ResponseWriter, r *http.Request) {
		defer close(left)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Write(wire.AppendEvent(nil, history[0]))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}})
	for range c.Events(t.Context(), id, 0) {
		break
	}
	<-left // or the test hangs
}

func TestASilentStreamIsTakenUpAgain(t *testing.T) {
	silent := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Write(wire.AppendEvent(nil, history[0]))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	c, seen := serve(t, script{silent, streams("", history[1:]...)})
	c.Silence = 50 * time.Millisecond
	got, err := follow(t, c, 0)
	if err != nil || !reflect.DeepEqual(got, history) || seen.header(1, "Last-Event-ID") != "1" {
		t.Errorf("got %+v and %v after %q, want the whole history, the rest after 1", got, err, seen.header(1, "Last-Event-ID"))
	}
}
