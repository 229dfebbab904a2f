package sqlite

import (
	"context"
	"sync/atomic"

	"example.org/carryout/jobs/store"
)

// A ticket is a caller's place in the writer's queue. Writer and caller may
// both lay hands on it, and whoever comes first decides: the writer takes it
// and will answer, or the caller withdraws it and the writer passes over it.
type ticket struct {
	decided atomic.Bool
	taken   bool       // by the writer, who alone asks
	answer  chan error // capacity 1: the writer never waits for a caller
}

// take reports whether the writer may go ahead with what the ticket is for.
func (t *ticket) take() bool {
	t.taken = t.taken || t.decided.CompareAndSwap(false, true)
	return t.taken
}

// gone reports whether a ticket was withdrawn.
func (t *ticket) gone() bool { return !t.taken && t.decided.Load() }

// wait returns the writer's answer, or ctx's error if that came first.
func (t *ticket) wait(ctx context.Context) error {
	select {
	case err := <-t.answer:
		return err
	case <-ctx.Done():
	}
	if t.decided.CompareAndSwap(false, true) {
		return ctx.Err()
	}
	// It is being done at this moment and may have become durable already, so
	// the caller must learn how it ends: one commit from now.
	return <-t.answer
}

// A call is a function that waits for its turn in a transaction.
type call struct {
	ticket
	run  func(*tx) error
	last bool // words, for which room is made if there is none

	then func(error) // is told the answer, where nobody waits for it; nil: somebody does
}

// reply gives the writer's answer.
func (c *call) reply(err error) {
	if c.then != nil {
		c.then(err)
	} else {
		c.answer <- err
	}
}

// A claim waits until a job is free.
type claim struct {
	ticket
	worker string
	lease  store.Lease
}
