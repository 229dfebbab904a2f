package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// testLimits checks what one owner may ask for.
func testLimits(t *testing.T, open Open) {
	t.Run("so many jobs may wait", func(t *testing.T) {
		h := start(t, open, Options{Limits: store.Limits{Queued: 2}})
		key := store.SubmitOptions{Owner: "me", Key: "k"}
		first, _, err := h.Submit(h.ctx, docs, key)
		if err != nil {
			t.Fatal(err)
		}
		second := h.submit("second")
		h.full("a third", h.try("me"))
		if again, existed, err := h.Submit(h.ctx, docs, key); err != nil || !existed || again.ID != first.ID {
			t.Errorf("a known key at the limit: got job %s, existed %v, error %v, want %s", again.ID, existed, err, first.ID)
		}
		if err := h.try("you"); err != nil {
			t.Errorf("another owner: got error %v", err)
		}
		l := h.claim()
		if err := h.try("me"); err != nil {
			t.Errorf("once one has started: got error %v", err)
		}
		h.append(l, broke)
		_, err = h.Retry(h.ctx, first.ID)
		h.full("Retry", err)
		h.folds(first.ID)
		if _, err := h.Retry(h.ctx, second.ID); err == nil || isLimit(err) {
			t.Errorf("Retry of a queued job: got error %v, want a *StateError", err)
		}
		h.cancel(second.ID)
		if _, err = h.Retry(h.ctx, first.ID); err != nil {
			t.Errorf("Retry once one has left: got error %v", err)
		}
		h.full("Submit after that", h.try("me"))
		if err := h.Delete(h.ctx, first.ID); err != nil {
			t.Fatal(err)
		}
		if err := h.try("me"); err != nil {
			t.Errorf("once one was deleted: got error %v", err)
		}
	})

	t.Run("of a hundred at the same time no more than that are taken", func(t *testing.T) {
		h := start(t, open, Options{Limits: store.Limits{Queued: 7}})
		var all sync.WaitGroup
		taken := make(chan bool, 100)
		for range cap(taken) {
			all.Go(func() {
				err := h.try("me")
				if err != nil && !isLimit(err) {
					t.Errorf("got error %v", err)
				}
				taken <- err == nil
			})
		}
		all.Wait()
		close(taken)
		n := 0
		for ok := range taken {
			if ok {
				n++
			}
		}
		if n != 7 {
			t.Errorf("got %d, want 7", n)
		}
	})

	t.Run("so many jobs may run", func(t *testing.T) {
		h := start(t, open, Options{Limits: store.Limits{Running: 1}})
		running, waiting := h.running(), h.submit("waiting")
		other, _, err := h.Submit(h.ctx, docs, store.SubmitOptions{Owner: "you"})
		if err != nil {
			t.Fatal(err)
		}
		if got := h.claim().Job.ID; got != other.ID {
			t.Errorf("got job %s, want %s of the other owner", got, other.ID)
		}
		if got := h.job(waiting.ID).Place; got != 1 {
			t.Errorf("place of a job that is passed over: got %d, want 1", got)
		}
		claimed := make(chan store.Lease)
		go func() {
			l, err := h.Claim(h.ctx, "worker")
			if err != nil {
				t.Errorf("Claim: %v", err)
			}
			claimed <- l
		}()
		h.append(running, progress(1))
		select {
		case l := <-claimed:
			t.Errorf("got %s, a second of the same owner", l.Job.ID)
		case <-time.After(50 * time.Millisecond):
		}
		h.append(running, ready)
		if got := (<-claimed).Job.ID; got != waiting.ID {
			t.Errorf("once that was over: got job %s, want %s", got, waiting.ID)
		}
	})

	t.Run("a lost worker's job keeps its place among those that run", func(t *testing.T) {
		h := start(t, open, Options{Lease: 50 * time.Millisecond, Limits: store.Limits{Running: 1}})
		lost := h.running()
		h.submit("waiting")
		if got := h.claim(); got.Job.ID != lost.Job.ID || got.Job.Attempt != 2 {
			t.Errorf("got job %s, attempt %d, want the second of %s", got.Job.ID, got.Job.Attempt, lost.Job.ID)
		}
	})
}

// testFairness lets many owners do what comes to their minds, and compares the
// store with a model that looks through a list.
func testFairness(t *testing.T, open Open) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("by chance %d", seed), func(t *testing.T) {
			limits := store.Limits{Queued: 6, Running: 2}
			m := model{house: start(t, open, Options{Limits: limits}), limits: limits, held: make(map[jobs.ID]store.Lease)}
			chance := rand.New(rand.NewPCG(seed, 1))
			for range 400 {
				m.step(chance)
			}
		})
	}
}

// A model is a store as simple as can be: the queue is a list.
type model struct {
	house
	limits store.Limits
	queue  []modeled // in the order in which they are served
	ended  []modeled
	held   map[jobs.ID]store.Lease
}

type modeled struct {
	id    jobs.ID
	owner string
}

// step does one thing to the store and to the model.
func (m *model) step(chance *rand.Rand) {
	owner := []string{"ann", "bob", "eve"}[chance.IntN(3)]
	switch n := chance.IntN(10); {
	case n < 4:
		j, _, err := m.Submit(m.ctx, docs, store.SubmitOptions{Owner: owner})
		if m.limited("Submit", owner, err) {
			m.queue = append(m.queue, modeled{j.ID, owner})
		}
	case n < 7:
		m.claims()
	case n == 7 && len(m.queue) > 0:
		i := chance.IntN(len(m.queue))
		m.cancel(m.queue[i].id)
		m.ended = append(m.ended, m.queue[i])
		m.queue = slices.Delete(m.queue, i, i+1)
	case n == 8 && len(m.ended) > 0:
		i := chance.IntN(len(m.ended))
		one := m.ended[i]
		_, err := m.Retry(m.ctx, one.id)
		if m.limited("Retry", one.owner, err) {
			m.queue = append(m.queue, one)
			m.ended = slices.Delete(m.ended, i, i+1)
		}
	case n == 9:
		for id, l := range m.held { // any of them
			m.append(l, broke)
			delete(m.held, id)
			m.ended = append(m.ended, modeled{id, l.Job.Owner})
			break
		}
	}
}

// limited checks whether the queue was open to owner, and reports whether it
// was.
func (m *model) limited(what, owner string, err error) bool {
	m.t.Helper()
	n := 0
	for _, one := range m.queue {
		if one.owner == owner {
			n++
		}
	}
	if n < m.limits.Queued {
		if err != nil {
			m.t.Fatalf("%s with %d jobs in the queue: %v", what, n, err)
		}
		return true
	}
	m.full(what, err)
	return false
}

// claims claims a job, or checks that there is none to claim.
func (m *model) claims() {
	m.t.Helper()
	running := make(map[string]int)
	for _, l := range m.held {
		running[l.Job.Owner]++
	}
	i := slices.IndexFunc(m.queue, func(one modeled) bool { return running[one.owner] < m.limits.Running })
	if i < 0 {
		ctx, cancel := context.WithTimeout(m.ctx, time.Millisecond)
		defer cancel()
		_, err := m.Claim(ctx, "worker")
		fails(m.t, "Claim with nobody to serve", err, context.DeadlineExceeded)
		return
	}
	l := m.claim()
	if l.Job.ID != m.queue[i].id {
		m.t.Fatalf("Claim: got %s of %s, want %s of %s", l.Job.ID, l.Job.Owner, m.queue[i].id, m.queue[i].owner)
	}
	m.held[l.Job.ID] = l
	m.queue = slices.Delete(m.queue, i, i+1)
}

// try submits a job of owner.
func (h house) try(owner string) error {
	_, _, err := h.Submit(h.ctx, docs, store.SubmitOptions{Owner: owner})
	return err
}

// full checks that err says that the owner has enough jobs in the queue.
func (h house) full(what string, err error) {
	h.t.Helper()
	if !isLimit(err) {
		h.t.Errorf("%s: got error %v, want a *LimitError", what, err)
	}
}

func isLimit(err error) bool {
	var limit *store.LimitError
	return errors.As(err, &limit) && limit.Queued > 0
}
