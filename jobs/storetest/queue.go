package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

func testClaim(t *testing.T, open Open) {
	h := start(t, open, Options{})
	j := h.submit("a")
	l := h.claim()
	if l.Fence < 1 || l.Cursor != nil || l.Worker != "worker" {
		t.Errorf("got fence %d, cursor %v, worker %q", l.Fence, l.Cursor, l.Worker)
	}
	want := j
	want.State, want.Attempt, want.LastEvent, want.Place, want.Started = jobs.Running, 1, 2, 0, l.Job.Started
	same(t, "job of the lease", l.Job, want)
	same(t, "job as it is kept", h.job(j.ID), want)
	same(t, "history", h.kinds(j.ID), []jobs.Kind{jobs.KindQueued, jobs.KindStarted})
	h.folds(j.ID)

	ctx, cancel := context.WithCancel(h.ctx)
	cancel()
	j = h.submit("b")
	_, err := h.Claim(ctx, "worker")
	fails(t, "with a context that has ended", err, context.Canceled)
	if got := h.job(j.ID).State; got != jobs.Queued {
		t.Errorf("with a context that has ended: got a job that is %s", got)
	}
	h.claim()
	ctx, cancel = context.WithTimeout(h.ctx, 20*time.Millisecond)
	defer cancel()
	_, err = h.Claim(ctx, "worker")
	fails(t, "without a job", err, context.DeadlineExceeded)
}

func testOrder(t *testing.T, open Open) {
	h := start(t, open, Options{})
	first, second, third := h.submit("1"), h.submit("2"), h.submit("3")
	l := h.claim()
	h.append(l, back)
	if got := h.job(second.ID).Place; got != 2 {
		t.Errorf("place behind a requeued job: got %d, want 2", got)
	}
	requeued := h.events(first.ID)[2]
	if requeued.Place != 1 || requeued.Reason != back.Reason {
		t.Errorf("requeued event: got place %d, reason %q", requeued.Place, requeued.Reason)
	}
	h.cancel(second.ID)
	if j, err := h.Retry(h.ctx, second.ID); err != nil || j.Place != 3 {
		t.Errorf("Retry: got place %d, error %v, want 3", j.Place, err)
	}
	for i, want := range []jobs.ID{first.ID, third.ID, second.ID} {
		l := h.claim()
		if l.Job.ID != want {
			t.Errorf("claim %d: got %s, want %s", i+1, l.Job.ID, want)
		}
		h.folds(want)
	}
}

// testWaiting checks what wakes a claim that waits.
func testWaiting(t *testing.T, open Open) {
	for name, wake := range map[string]func(h house, l store.Lease) (jobs.ID, error){
		"submit": func(h house, _ store.Lease) (jobs.ID, error) {
			j, _, err := h.Submit(h.ctx, docs, store.SubmitOptions{})
			return j.ID, err
		},
		"requeue": func(h house, l store.Lease) (jobs.ID, error) { return l.Job.ID, h.Append(h.ctx, l, nil, back) },
		"retry": func(h house, l store.Lease) (jobs.ID, error) {
			h.append(l, broke)
			_, err := h.Retry(h.ctx, l.Job.ID)
			return l.Job.ID, err
		},
		"recover": func(h house, l store.Lease) (jobs.ID, error) {
			_, err := h.Recover(h.ctx, "restart")
			return l.Job.ID, err
		},
	} {
		t.Run("is ended by "+name, func(t *testing.T) {
			h := start(t, open, Options{})
			l := h.running()
			type result struct {
				store.Lease
				error
			}
			got := make(chan result)
			go func() {
				l, err := h.Claim(h.ctx, "waiting")
				got <- result{l, err}
			}()
			want, err := wake(h, l)
			if err != nil {
				t.Errorf("waking: %v", err)
			}
			r := <-got
			if r.error != nil || r.Job.ID != want {
				t.Errorf("got job %s, error %v, want %s", r.Job.ID, r.error, want)
			}
			h.folds(want)
		})
	}

	t.Run("whose context ends loses no job", func(t *testing.T) {
		h := start(t, open, Options{})
		const n = 300
		ctx, done := context.WithCancel(h.ctx)
		defer done()
		var workers sync.WaitGroup
		finished := make(chan jobs.ID)
		for w := range 8 {
			workers.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					// From far too short to long enough for a commit.
					d := time.Duration((i*7+w*13)%40) * 100 * time.Microsecond
					short, cancel := context.WithTimeout(ctx, d)
					l, err := h.Claim(short, fmt.Sprint(w))
					cancel()
					if err != nil {
						continue
					}
					if err := h.Append(h.ctx, l, nil, ready); err != nil {
						t.Errorf("Append: %v", err)
					}
					finished <- l.Job.ID
				}
			})
		}
		go func() {
			for i := range n {
				if _, _, err := h.Submit(h.ctx, spec(fmt.Sprint(i)), store.SubmitOptions{}); err != nil {
					t.Errorf("Submit: %v", err)
				}
			}
		}()
		seen := make(map[jobs.ID]bool)
		for len(seen) < n {
			select {
			case id := <-finished:
				if seen[id] {
					t.Errorf("job %s was given out twice", id)
				}
				seen[id] = true
			case <-h.ctx.Done():
				counts, _ := h.Count(t.Context())
				t.Fatalf("got %d jobs finished, want %d; %v", len(seen), n, counts)
			}
		}
		done()
		workers.Wait()
	})
}

// testSilence checks what happens to the job of a worker that is not heard of.
func testSilence(t *testing.T, open Open) {
	t.Run("its job is given to another", func(t *testing.T) {
		h := start(t, open, Options{Lease: 100 * time.Millisecond})
		old := h.running()
		if err := h.Append(h.ctx, old, []byte("half"), progress(1)); err != nil {
			t.Fatal(err)
		}
		l := h.claim() // waits for the end of the lease
		if l.Job.ID != old.Job.ID || l.Fence <= old.Fence || l.Job.Attempt != 2 || string(l.Cursor) != "half" {
			t.Errorf("got job %s, fence %d, attempt %d, cursor %q", l.Job.ID, l.Fence, l.Job.Attempt, l.Cursor)
		}
		if !closed(old.Lost) {
			t.Errorf("Lost of the old lease is not closed")
		}
		fails(t, "Append with the old lease", h.Append(h.ctx, old, []byte("x"), ready), jobs.ErrLost)
		each, err := h.Renew(h.ctx, []store.Lease{old})
		if err != nil || len(each) != 1 {
			t.Fatalf("Renew: got %v, error %v", each, err)
		}
		fails(t, "Renew of the old lease", each[0], jobs.ErrLost)
		h.append(l, ready)
		same(t, "history", h.kinds(l.Job.ID), []jobs.Kind{jobs.KindQueued, jobs.KindStarted, jobs.KindProgress,
			jobs.KindRequeued, jobs.KindStarted, jobs.KindReady})
		h.folds(l.Job.ID)
	})

	t.Run("its job fails once that has happened too often", func(t *testing.T) {
		h := start(t, open, Options{Lease: 50 * time.Millisecond, Attempts: 2})
		lost := h.running()
		h.claim() // waits for the end of the lease
		for {     // until the second lease has run out
			j, err := h.Job(h.ctx, lost.Job.ID)
			if err != nil {
				t.Fatal(err)
			}
			if j.State == jobs.Failed {
				if j.Failure.Code != store.GaveUp || j.Attempt != 2 {
					t.Errorf("got %+v after %d attempts, want to give up after 2", j.Failure, j.Attempt)
				}
				break
			}
			ctx, cancel := context.WithTimeout(h.ctx, 10*time.Millisecond)
			if _, err := h.Claim(ctx, "worker"); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v, want nothing to do", err)
			}
			cancel()
		}
	})

	t.Run("its job comes before those in the queue", func(t *testing.T) {
		h := start(t, open, Options{Lease: 50 * time.Millisecond})
		old := h.running()
		queued := h.submit("queued")
		<-time.After(200 * time.Millisecond) // for the lease to run out
		if got := h.claim().Job.ID; got != old.Job.ID {
			t.Errorf("got %s, want %s", got, old.Job.ID)
		}
		if got := h.claim().Job.ID; got != queued.ID {
			t.Errorf("then got %s, want %s", got, queued.ID)
		}
	})

	t.Run("it may go on while nobody else has the job", func(t *testing.T) {
		h := start(t, open, Options{Lease: 10 * time.Millisecond})
		l := h.running()
		<-time.After(50 * time.Millisecond) // for the lease to run out
		h.append(l, progress(1))
		h.append(l, ready)
	})
}

func testRenew(t *testing.T, open Open) {
	h := start(t, open, Options{Lease: time.Second})
	mine, gone := h.running(), h.running()
	h.cancel(gone.Job.ID)

	waits, cancel := context.WithTimeout(h.ctx, 2500*time.Millisecond)
	defer cancel()
	var other sync.WaitGroup
	other.Go(func() {
		l, err := h.Claim(waits, "other")
		if err == nil {
			t.Errorf("a renewed job was given to another: %s", l.Job.ID)
		}
	})
	beat := time.NewTicker(50 * time.Millisecond)
	defer beat.Stop()
	for i := 0; waits.Err() == nil; i++ {
		if i%2 == 0 {
			h.append(mine, progress(int64(i)))
		} else if each, err := h.Renew(h.ctx, []store.Lease{gone, mine}); err != nil || len(each) != 2 || each[1] != nil {
			t.Fatalf("Renew: got %v, error %v", each, err)
		} else {
			fails(t, "Renew of a canceled job", each[0], jobs.ErrLost)
		}
		<-beat.C
	}
	other.Wait()
	if each, err := h.Renew(h.ctx, nil); len(each) != 0 || err != nil {
		t.Errorf("Renew of nothing: got %v, error %v", each, err)
	}
}

func testRecover(t *testing.T, open Open) {
	h := start(t, open, Options{})
	if n, err := h.Recover(h.ctx, "restart"); n != 0 || err != nil {
		t.Errorf("without jobs: got %d, error %v", n, err)
	}
	first, second := h.running(), h.running()
	done := h.made(jobs.Ready)
	queued := h.submit("queued")
	n, err := h.Recover(h.ctx, "restart")
	if n != 2 || err != nil {
		t.Errorf("got %d, error %v, want 2", n, err)
	}
	for i, l := range []store.Lease{first, second} {
		j := h.job(l.Job.ID)
		if j.State != jobs.Queued || j.Reason != "restart" || j.Place != i+1 {
			t.Errorf("job %d: got %s, reason %q, place %d", i+1, j.State, j.Reason, j.Place)
		}
		if !closed(l.Lost) {
			t.Errorf("job %d: Lost is not closed", i+1)
		}
		fails(t, "Append with the old lease", h.Append(h.ctx, l, nil, ready), jobs.ErrLost)
		h.folds(j.ID)
	}
	if got := h.job(done.ID).State; got != jobs.Ready {
		t.Errorf("a finished job: got %s", got)
	}
	for i, want := range []jobs.ID{first.Job.ID, second.Job.ID, queued.ID} {
		if l := h.claim(); l.Job.ID != want {
			t.Errorf("claim %d: got %s, want %s", i+1, l.Job.ID, want)
		}
	}
}
