package work

import (
	"context"
	"errors"

	"example.org/carryout/jobs"
)

// spareReason is what the history of a job says whose file has made room.
const spareReason = "it had been downloaded, and room was needed for others"

// spare makes room when the files have almost as much as they may take up. First
// go the unfinished ones of jobs that only might be tried again, then those that
// somebody has had already, the one of longest ago first. A file that nobody has
// had yet is never spared, and none that is handed out at the moment.
func (s *Sweeper) spare(ctx context.Context) {
	if !s.crowded(ctx) {
		return
	}
	if _, err := s.Artifacts.SweepStaged(ctx, func(id jobs.ID) bool { return s.underWay(ctx, id) }); err != nil {
		s.complain(ctx, "unfinished files could not be removed to make room", err)
	}
	for s.crowded(ctx) && s.spareOne(ctx) {
	}
}

// crowded reports whether all files take up almost as much as they may, so that
// what is being written would soon have to wait.
func (s *Sweeper) crowded(ctx context.Context) bool {
	used, unfinished, err := s.Artifacts.Used(ctx)
	if err != nil {
		s.complain(ctx, "what the files take up is not known", err)
		return false
	}
	for _, size := range unfinished {
		used += size
	}
	return used > s.Space-s.Space/16
}

// underWay reports whether a job is queued or running. When in doubt it is.
func (s *Sweeper) underWay(ctx context.Context, id jobs.ID) bool {
	j, err := s.Board.Job(ctx, id)
	if err != nil {
		return !errors.Is(err, jobs.ErrNotFound)
	}
	return !j.State.Done()
}

// spareOne removes one file, and reports whether there was one to remove.
func (s *Sweeper) spareOne(ctx context.Context) bool {
	spent, err := s.Shelf.Spent(ctx, atATime)
	if err != nil {
		s.complain(ctx, "downloaded files could not be listed", err)
		return false
	}
	for _, id := range spent {
		done, ok := s.Desk.Withdraw(id)
		if !ok {
			continue
		}
		recorded, removed := Discard(ctx, s.Artifacts, id, func(ctx context.Context, id jobs.ID) error {
			return s.Shelf.Evict(ctx, id, spareReason)
		})
		done()
		if moved := (*jobs.StateError)(nil); errors.Is(recorded, jobs.ErrNotFound) || errors.As(recorded, &moved) {
			continue // somebody was faster
		}
		if err := errors.Join(recorded, removed); err != nil {
			s.complain(ctx, "a downloaded file could not be removed to make room", err)
			return false
		}
		s.Log.Info("removed a downloaded file to make room", "job", id)
		return true
	}
	return false
}
