package feed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/feed"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
)

// press keeps messages in memory.
type press struct {
	mu   sync.Mutex
	kept []store.Message
	fail error
}

func (p *press) Keep(_ context.Context, ms []store.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return p.fail
	}
	p.kept = append(p.kept, ms...)
	return nil
}

func (p *press) Messages(_ context.Context, after int64, n int) (page []store.Message, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.kept {
		if m.Seq > after && len(page) < n {
			page = append(page, m)
		}
	}
	return page, nil
}

func (p *press) LastMessage(context.Context) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept) == 0 {
		return 0, nil
	}
	return p.kept[len(p.kept)-1].Seq, nil
}

func counts(context.Context) (map[jobs.State]int64, error) {
	return map[jobs.State]int64{jobs.Ready: 7}, nil
}

// serve runs a feed until the end of the test.
func serve(t *testing.T, p *press) *feed.Feed {
	t.Helper()
	f, err := feed.New(t.Context(), p, counts, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); f.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return f
}

// A reader follows a feed.
type reader struct {
	*tail.Follower
	bell tail.Bell
	told []byte // from the store
}

// follow begins after entry n.
func follow(t *testing.T, f *feed.Feed, n int64, want *tail.Want) *reader {
	t.Helper()
	r := &reader{bell: make(tail.Bell, 1)}
	var err error
	r.Follower, err = f.Follow(t.Context(), n, want, r.bell, func(frames []byte) error {
		r.told = append(r.told, frames...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// read follows until want frames of that event have come, and returns them.
func read(t *testing.T, l *reader, event string, want int) (frames []string) {
	t.Helper()
	for len(frames) < want {
		text, state := l.told, tail.More
		if l.told = nil; len(text) == 0 {
			text, state = l.Next()
		}
		if state == tail.Wait {
			<-l.bell
		}
		for frame := range strings.SplitAfterSeq(string(text), "\n\n") {
			if strings.Contains(frame, "event: "+event+"\n") {
				frames = append(frames, frame)
			}
		}
	}
	return frames
}

func TestTheTimeAndTheCountsComeEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, &press{})
		l := follow(t, f, 0, nil)
		defer l.Close()
		times := read(t, l, "time", 3)
		for i, want := range []string{"00:00:01Z", "00:00:02Z", "00:00:03Z"} {
			if !strings.Contains(times[i], want) || !strings.HasPrefix(times[i], "id: evt-") {
				t.Errorf("got %q, want the time %s and an id", times[i], want)
			}
		}
		if got := read(t, l, "stats", 1)[0]; !strings.Contains(got, `"connected":1,"queued":0,"running":0,"ready":7`) {
			t.Errorf("got %q, want the counts", got)
		}
	})
}

func TestABusyJobIsToldFewTimesAndItsLatestStateAlways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, &press{})
		l := follow(t, f, 0, nil)
		defer l.Close()
		const id = jobs.ID("AAAAAAAAAAAAAAAAAAAAAAAAAA")
		go func() {
			for n := range int64(1000) { // a second of changes
				f.Commit([]store.Change{{Job: &jobs.Job{ID: id, State: jobs.Running, LastEvent: n}}})
				time.Sleep(time.Millisecond)
			}
			f.Commit([]store.Change{{Job: &jobs.Job{ID: id, State: jobs.Ready, LastEvent: 1000}}})
		}()
		told := 0
		for {
			told++
			if strings.Contains(read(t, l, "job", 1)[0], `"state":"ready"`) {
				break
			}
		}
		if told > 13 {
			t.Errorf("a job that changed 1001 times in a second was told %d times, want about 10", told)
		}
	})
}

func TestEverybodyGetsWhatIsPublishedInOneOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, &press{})
		const publishers, each, readers = 8, 50, 5
		var wg sync.WaitGroup
		got := make([][]string, readers)
		for i := range readers {
			l := follow(t, f, 0, nil)
			wg.Go(func() {
				defer l.Close()
				got[i] = read(t, l, "message", publishers*each)
			})
		}
		for p := range publishers {
			wg.Go(func() {
				for n := range each {
					if err := f.Publish(t.Context(), feed.Message, fmt.Sprint(p, " says ", n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for i := range got {
			if !slices.Equal(got[i], got[0]) {
				t.Errorf("reader %d got another order than reader 0", i)
			}
		}
	})
}

// Where nobody listens, telling of every change would be most of what a busy
// server does. Whoever comes back has missed nothing all the same, and does not
// wait for it.
func TestWhatNobodyHearsIsToldSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, &press{})
		change := func(id jobs.ID, n int64) {
			f.Commit([]store.Change{{Job: &jobs.Job{ID: id, State: jobs.Running, LastEvent: n}, Events: make([]jobs.Event, 1)}})
		}
		first := follow(t, f, 0, nil)
		change("j1", 1)
		frame := read(t, first, "job", 1)[0]
		first.Close()
		id, _, _ := strings.Cut(strings.TrimPrefix(frame, "id: "), "\n")
		n, ok := feed.ParseID(id)
		if !ok {
			t.Fatalf("got %q, want an id", frame)
		}
		<-time.After(150 * time.Millisecond) // until which it waited for company
		for i := range int64(45) {           // each within the pause after the one before it
			change("j2", 1+i)
			<-time.After(100 * time.Millisecond)
		}
		back := follow(t, f, n, nil)
		defer back.Close()
		came := time.Now()
		var got []string
		for len(got) == 0 || !strings.Contains(got[len(got)-1], `"last_event":45`) {
			got = append(got, read(t, back, "job", 1)...)
		}
		if took := time.Since(came); took > 0 {
			t.Errorf("waited %v for the latest change, want it at once", took)
		}
		if len(got) > 5 {
			t.Errorf("got %d entries for what changed within 4.5 s, want one in 2 s, and those at both ends", len(got))
		}
	})
}

func TestWhoComesBackGetsWhatWasPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &press{}
		f := serve(t, p)
		say := func(f *feed.Feed, n int) {
			t.Helper()
			if err := f.Publish(t.Context(), "news", fmt.Sprint("no. ", n)); err != nil {
				t.Fatal(err)
			}
		}
		say(f, 0)
		first := p.kept[0].Seq
		for n := 1; n < 3000; n++ { // more than memory holds
			say(f, n)
		}
		check := func(f *feed.Feed) {
			t.Helper()
			l := follow(t, f, first, nil)
			defer l.Close()
			for i, frame := range read(t, l, "news", 2999) {
				if want := fmt.Sprintf("data: no. %d\n", i+1); !strings.Contains(frame, want) {
					t.Fatalf("got %q, want %q", frame, want)
				}
			}
		}
		check(f)
		check(serve(t, p)) // a new server over the same store
	})
}

func TestNothingIsToldThatWasNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &press{fail: errors.New("the disk is full")}
		f := serve(t, p)
		l := follow(t, f, 0, nil)
		defer l.Close()
		if err := f.Publish(t.Context(), feed.Message, "lost"); err != p.fail {
			t.Errorf("got %v, want %v", err, p.fail)
		}
		p.fail = nil
		if err := f.Publish(t.Context(), feed.Message, "kept"); err != nil {
			t.Error(err)
		}
		if got := read(t, l, "message", 1)[0]; !strings.Contains(got, "kept") {
			t.Errorf("got %q, want only what was kept", got)
		}
	})
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"message": true, "a": true, "deploy-2_x": true,
		"": false, "A": false, "1a": false, "-a": false, "a b": false, "a\nb": false, "é": false,
		"time": false, "stats": false, "job": false, strings.Repeat("a", 65): false,
	} {
		if err := feed.CheckName(name); (err == nil) != ok {
			t.Errorf("%q: got %v, want allowed %v", name, err, ok)
		}
	}
}

func TestIDs(t *testing.T) {
	for s, want := range map[string]int64{"evt-1": 1, "evt-1763719200000": 1763719200000,
		"evt-0": 1, // which is before all entries as well
		"":      0, "1": 0, "evt-": 0, "evt-00": 0, "evt--1": 0, "evt-+1": 0, "evt-01": 0, "evt-99999999999999999999": 0} {
		if n, ok := feed.ParseID(s); ok != (want > 0) || ok && n != want {
			t.Errorf("%q: got %d, %v, want %d", s, n, ok, want)
		}
	}
}
