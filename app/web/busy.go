package web

import (
	"context"
	"errors"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

const (
	soonest = time.Second      // to come back after, when a place is about to be free
	latest  = 10 * time.Minute // or when it will be long
)

// busy adds to a *store.LimitError when it is worth to ask again: once a job
// that runs now has ended, so that one that waits can start. Any other error it
// returns as it is.
func (s *Site) busy(ctx context.Context, err error) error {
	var limit *store.LimitError
	if !errors.As(err, &limit) {
		return err
	}
	p := problem(err)
	running, _, listed := s.Board.List(ctx, store.Filter{State: jobs.Running})
	if listed != nil {
		return &p // with the time for when nothing is known
	}
	var left time.Duration
	for _, j := range running {
		if j.Progress.Left.Known && (left == 0 || j.Progress.Left.Value.High < left) {
			left = max(j.Progress.Left.Value.High, soonest)
		}
	}
	if left > 0 {
		p.RetryAfter = min(left, latest)
	}
	return &p
}
