package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

func testEvents(t *testing.T, open Open) {
	h := start(t, open, Options{})
	for _, id := range []jobs.ID{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "", "x", "a\x00b"} {
		_, err := h.Events(h.ctx, id, 0, 10)
		fails(t, fmt.Sprintf("the id %q", id), err, jobs.ErrNotFound)
	}
	l := h.running()
	for i := range int64(8) {
		h.append(l, progress(i))
	}
	id := l.Job.ID
	for _, c := range []struct {
		after       int64
		n           int
		first, last int64 // numbers of the events; 0: none
	}{
		{0, 100, 1, 10},
		{-5, 100, 1, 10},
		{0, 1, 1, 1},
		{0, 3, 1, 3},
		{3, 3, 4, 6},
		{9, 3, 10, 10},
		{10, 3, 0, 0},
		{11, 3, 0, 0},
		{1 << 62, 3, 0, 0},
		{0, 0, 0, 0},
	} {
		got, err := h.Events(h.ctx, id, c.after, c.n)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		var want []int64
		for n := c.first; n > 0 && n <= c.last; n++ {
			want = append(want, n)
		}
		var seqs []int64
		for _, e := range got {
			seqs = append(seqs, e.Seq)
		}
		same(t, fmt.Sprintf("after %d, at most %d", c.after, c.n), seqs, want)
	}

	t.Run("may lose old progress and nothing else", func(t *testing.T) {
		h := start(t, open, Options{})
		l := h.running()
		var last, warnings int64 = 2, 0
		for i := range 60 {
			var events []jobs.Event
			for range 10 {
				events = append(events, progress(last))
				last++
			}
			if i%3 == 0 {
				events = append(events, jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "c", Count: 1}})
				last++
				warnings++
			}
			h.append(l, events...)
		}
		h.append(l, ready)
		last++
		count := make(map[jobs.Kind]int64)
		for _, e := range h.events(l.Job.ID) {
			count[e.Kind]++
		}
		if count[jobs.KindQueued] != 1 || count[jobs.KindStarted] != 1 || count[jobs.KindWarning] != warnings || count[jobs.KindReady] != 1 {
			t.Errorf("got %v, want all but progress, and %d warnings", count, warnings)
		}
		if count[jobs.KindProgress] == 0 {
			t.Errorf("got no progress, want the newest")
		}
		if j := h.job(l.Job.ID); j.LastEvent != last || j.Warnings != warnings {
			t.Errorf("got last event %d, %d warnings; want %d, %d", j.LastEvent, j.Warnings, last, warnings)
		}
		h.folds(l.Job.ID)
	})
}

func testShelf(t *testing.T, open Open) {
	h := start(t, open, Options{})
	now := time.Now().Truncate(time.Millisecond)
	until := func(at, expires time.Time) jobs.ID {
		l, e := h.running(), ready
		e.At, e.Expires = at, expires
		h.append(l, e)
		if got := h.job(l.Job.ID).Expires; !got.Equal(expires) {
			t.Errorf("Expires: got %v, want %v", got, expires)
		}
		return l.Job.ID
	}
	kept := until(now, time.Time{})
	until(now, now.Add(time.Hour))
	over, longest := until(now, now), until(now, now.Add(-time.Hour))
	due := func(n int, want ...jobs.ID) {
		t.Helper()
		got, err := h.Due(h.ctx, n)
		if err != nil {
			t.Fatalf("Due: %v", err)
		}
		same(t, "Due", got, want)
	}
	due(10, longest, over)
	due(1, longest)
	due(0)
	shortly := until(now, now.Add(300*time.Millisecond))
	due(10, longest, over)
	<-time.After(350 * time.Millisecond)
	due(10, longest, over, shortly)
	if err := h.Expire(h.ctx, longest); err != nil {
		t.Errorf("Expire: %v", err)
	}
	due(10, over, shortly)
	if j := h.job(longest); j.State != jobs.Expired || j.File != ready.File {
		t.Errorf("got %+v", j)
	}
	h.folds(longest)
	if err := h.Expire(h.ctx, kept); err != nil {
		t.Errorf("Expire: %v", err)
	}
	fails(t, "Expire of an unknown id", h.Expire(h.ctx, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), jobs.ErrNotFound)
	for _, s := range slices.Backward(jobs.States()) { // queued last: whoever is, is claimed next
		if s != jobs.Ready {
			refuses(t, "Expire of a job that is "+string(s), h.Expire(h.ctx, h.made(s).ID), s, jobs.KindExpired)
		}
	}
}

// testSpent checks what is known of the files that people have.
func testSpent(t *testing.T, open Open) {
	h := start(t, open, Options{})
	spent := func(n int, want ...jobs.ID) {
		t.Helper()
		got, err := h.Spent(h.ctx, n)
		if err != nil {
			t.Fatalf("Spent: %v", err)
		}
		same(t, "Spent", got, want)
	}
	if in, any, err := h.NextDue(h.ctx); any || err != nil {
		t.Errorf("NextDue of no jobs: got %v, %v, error %v", in, any, err)
	}
	a, b, c, never := h.made(jobs.Ready).ID, h.made(jobs.Ready).ID, h.made(jobs.Ready).ID, h.made(jobs.Ready).ID
	spent(10)
	for _, id := range []jobs.ID{a, b, c, a, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", h.made(jobs.Failed).ID} {
		if err := h.Downloaded(h.ctx, id); err != nil {
			t.Errorf("Downloaded of %s: %v", id, err)
		}
		<-time.After(2 * time.Millisecond) // so that each has a time of its own
	}
	spent(10, b, c, a)
	spent(1, b)
	if err := h.Evict(h.ctx, b, "room was needed"); err != nil {
		t.Errorf("Evict: %v", err)
	}
	if j := h.job(b); j.State != jobs.Expired || j.Reason != "room was needed" {
		t.Errorf("got a job that is %s because %q", j.State, j.Reason)
	}
	h.folds(b)
	spent(10, c, a)
	refuses(t, "Evict of an expired job", h.Evict(h.ctx, b, "again"), jobs.Expired, jobs.KindExpired)
	fails(t, "Evict of an unknown id", h.Evict(h.ctx, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", ""), jobs.ErrNotFound)
	if got := h.job(never).State; got != jobs.Ready {
		t.Errorf("got %s, want a file that nobody has to be there", got)
	}
	for _, left := range []time.Duration{time.Hour, time.Minute} {
		l, e := h.running(), ready
		e.At = time.Now()
		e.Expires = e.At.Add(left)
		h.append(l, e)
		in, any, err := h.NextDue(h.ctx)
		if err != nil || !any || in > left || in < left-10*time.Second {
			t.Errorf("NextDue: got %v, %v, error %v, want %v", in, any, err, left)
		}
	}
}

func testPress(t *testing.T, open Open) {
	h := start(t, open, Options{Messages: 100})
	last := func(want int64) {
		t.Helper()
		if got, err := h.LastMessage(h.ctx); got != want || err != nil {
			t.Errorf("LastMessage: got %d, error %v, want %d", got, err, want)
		}
	}
	last(0)
	if got, err := h.Messages(h.ctx, 0, 10); len(got) != 0 || err != nil {
		t.Errorf("at first: got %v, error %v", got, err)
	}
	all := []store.Message{{Seq: 3, Name: "message", Data: "a\nb"}, {Seq: 4, Name: "news", Data: ""}, {Seq: 9, Name: "message", Data: "ü\x00"}}
	for _, some := range [][]store.Message{all[:2], nil, all[2:]} {
		if err := h.Keep(h.ctx, some); err != nil {
			t.Fatalf("Keep: %v", err)
		}
	}
	last(9)
	for _, c := range []struct {
		after int64
		n     int
		want  []store.Message
	}{{0, 10, all}, {0, 2, all[:2]}, {3, 10, all[1:]}, {5, 10, all[2:]}, {9, 10, nil}, {99, 10, nil}, {0, 0, nil}} {
		got, err := h.Messages(h.ctx, c.after, c.n)
		if err != nil {
			t.Errorf("Messages: %v", err)
		}
		same(t, fmt.Sprintf("after %d, at most %d", c.after, c.n), got, c.want)
	}
	for seq := int64(10); seq <= 1000; seq += 10 {
		var some []store.Message
		for i := range int64(10) {
			some = append(some, store.Message{Seq: seq + i, Name: "message", Data: fmt.Sprint(seq + i)})
		}
		if err := h.Keep(h.ctx, some); err != nil {
			t.Fatalf("Keep: %v", err)
		}
	}
	last(1009)
	newest, err := h.Messages(h.ctx, 909, 1000)
	if err != nil || len(newest) != 100 || newest[0].Seq != 910 || newest[99].Data != "1009" {
		t.Errorf("the newest: got %d, error %v, want all 100 that are to be kept", len(newest), err)
	}
}
