package work

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/store"
)

// A Sweeper removes files whose time has come, and what crashes have left
// lying. All fields are required.
type Sweeper struct {
	Board     store.Board
	Shelf     store.Shelf
	Artifacts artifact.Store
	Every     time.Duration // between two looks for files whose time has come
	Log       *slog.Logger
}

const (
	atATime    = 100       // jobs that expire together
	orphansDue = time.Hour // between two looks for orphans
)

// Serve sweeps until ctx is done.
func (s *Sweeper) Serve(ctx context.Context) error {
	expiries, orphans := time.NewTicker(s.Every), time.NewTicker(orphansDue)
	defer expiries.Stop()
	defer orphans.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-expiries.C:
			s.expire(ctx, now)
		case <-orphans.C:
			s.orphans(ctx, abandonedLater)
		}
	}
}

// Clear sweeps once, before any worker has begun.
func (s *Sweeper) Clear(ctx context.Context) {
	s.expire(ctx, time.Now())
	s.orphans(ctx, abandonedAtStart)
}

// expire ends the time of all jobs that are due. The job says so first: a
// crash before the file is gone leaves an orphan, never a job without its file.
func (s *Sweeper) expire(ctx context.Context, now time.Time) {
	for {
		due, err := s.Shelf.Due(ctx, now, atATime)
		if err != nil {
			s.complain(ctx, "jobs that are due could not be listed", err)
			return
		}
		for _, id := range due {
			if err := s.Shelf.Expire(ctx, id); err != nil {
				s.complain(ctx, "a job could not expire", err)
				return
			}
			if err := s.Artifacts.Remove(ctx, id); err != nil {
				s.complain(ctx, "an expired file could not be removed", err)
			}
		}
		if len(due) < atATime {
			return
		}
	}
}

// orphans removes finished files without a job that needs them, and staged
// files of earlier runs of the server.
func (s *Sweeper) orphans(ctx context.Context, abandoned func(jobs.State) bool) {
	for id, err := range s.Artifacts.Keys(ctx) {
		if err != nil {
			s.complain(ctx, "files could not be listed", err)
			break
		}
		j, err := s.Board.Job(ctx, id)
		if err != nil && !errors.Is(err, jobs.ErrNotFound) {
			s.complain(ctx, "the job of a file could not be read", err)
			break
		}
		if err == nil && !abandoned(j.State) {
			continue
		}
		s.Log.Info("removing a file without a job", "job", id)
		if err := s.Artifacts.Remove(ctx, id); err != nil {
			s.complain(ctx, "an orphan could not be removed", err)
		}
	}
	if n, err := s.Artifacts.SweepStaged(ctx, func(jobs.ID) bool { return false }); err != nil {
		s.complain(ctx, "unfinished files could not be removed", err)
	} else if n > 0 {
		s.Log.Info("removed unfinished files", "files", n)
	}
}

// abandonedAtStart are the states of jobs that have no file: nobody can be
// about to give them one.
func abandonedAtStart(s jobs.State) bool {
	return s != jobs.Ready && s != jobs.Running && s != jobs.Queued
}

// abandonedLater leaves out those that a retry may bring back at this moment.
func abandonedLater(s jobs.State) bool { return s == jobs.Expired }

func (s *Sweeper) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		s.Log.Error(what, "err", err)
	}
}
