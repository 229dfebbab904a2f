package work

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/lend"
	"example.org/carryout/jobs/store"
)

// A Sweeper removes files whose time has come, those that can be spared where
// there are too many, and what crashes have left lying. Space and Desk may be
// left out, together; all other exported fields are required.
type Sweeper struct {
	Board     store.Board
	Shelf     store.Shelf
	Artifacts artifact.Store
	Every     time.Duration // between two looks for files whose time has come
	Space     int64         // bytes that all files may take up; 0: as many as there is room for
	Forget    time.Duration // after which what is known of a job without a file goes too; 0: never
	Desk      *lend.Desk    // where files are handed out
	Log       *slog.Logger

	missed map[jobs.ID]bool // files that had no job at the latest look
}

const (
	atATime    = 100            // jobs that expire together
	orphansDue = time.Hour      // between two looks for orphans
	spaceDue   = time.Second    // between two looks at what all files take up
	forgetDue  = time.Hour      // between two looks for jobs to forget, at most
	mayRetry   = 24 * time.Hour // for which a failed or canceled job can go on where it stopped
)

// Serve sweeps until ctx is done. Old jobs are forgotten beside all else: when that
// is first asked for, very many may be due, and no file is to wait for them.
func (s *Sweeper) Serve(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { s.sweep(ctx); return nil })
	g.Go(func() error { s.forgetOld(ctx); return nil })
	return g.Wait()
}

// sweep looks after the files.
func (s *Sweeper) sweep(ctx context.Context) {
	expiries, orphans, spent := time.NewTicker(s.Every), time.NewTicker(orphansDue), time.NewTicker(spaceDue)
	defer expiries.Stop()
	defer orphans.Stop()
	defer spent.Stop()
	if s.Space <= 0 {
		spent.Stop()
	}
	s.expire(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-expiries.C:
			s.expire(ctx)
		case <-spent.C:
			s.spare(ctx)
		case <-orphans.C:
			s.orphans(ctx, abandonedLater(time.Now()), s.missedTwice())
		}
	}
}

// Clear sweeps orphans once, before any worker has begun.
func (s *Sweeper) Clear(ctx context.Context) {
	s.orphans(ctx, abandonedAtStart, func(jobs.ID) bool { return true })
}

// expire ends the time of all jobs that are due. Where there is no room to
// record it, their files go all the same, which makes some; their jobs stay
// due, and say that they are expired when there is room.
func (s *Sweeper) expire(ctx context.Context) {
	unsaid := make(map[jobs.ID]bool)
	for {
		n := atATime + len(unsaid)
		due, err := s.Shelf.Due(ctx, n)
		if err != nil {
			s.complain(ctx, "jobs that are due could not be listed", err)
			return
		}
		for _, id := range due {
			if unsaid[id] {
				continue
			}
			recorded, removed := Discard(ctx, s.Artifacts, id, s.Shelf.Expire)
			if removed != nil {
				s.complain(ctx, "an expired file could not be removed", removed)
			}
			if moved := (*jobs.StateError)(nil); errors.Is(recorded, jobs.ErrNotFound) || errors.As(recorded, &moved) {
				continue // somebody was faster
			}
			if recorded != nil {
				s.complain(ctx, "a job could not expire", recorded)
				unsaid[id] = true
			}
			if recorded != nil && !errors.Is(recorded, store.ErrFull) {
				return
			}
		}
		if len(due) < n {
			return
		}
	}
}

// forgetOld forgets jobs now and then, if it is to.
func (s *Sweeper) forgetOld(ctx context.Context) {
	if s.Forget <= 0 {
		return
	}
	due := time.NewTicker(min(max(s.Forget/10, time.Second), forgetDue))
	defer due.Stop()
	for {
		s.forget(ctx)
		select {
		case <-ctx.Done():
			return
		case <-due.C:
		}
	}
}

// forget removes the jobs that have had no file for long.
func (s *Sweeper) forget(ctx context.Context) {
	n, err := s.Shelf.Forget(ctx, s.Forget)
	if err != nil {
		s.complain(ctx, "old jobs could not be forgotten", err)
	}
	if n > 0 {
		s.Log.Info("forgot old jobs", "jobs", n)
	}
}

// orphans removes finished files without a job that needs them, and staged
// files that no job goes on with. missed reports whether a file has no job
// that may yet come.
func (s *Sweeper) orphans(ctx context.Context, abandoned func(jobs.Job) bool, missed func(jobs.ID) bool) {
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
		if err == nil && !abandoned(j) || err != nil && !missed(id) {
			continue
		}
		s.Log.Info("removing a file without a job", "job", id)
		if err := s.Artifacts.Remove(ctx, id); err != nil {
			s.complain(ctx, "an orphan could not be removed", err)
		}
		failpoint.At("orphan-removed")
	}
	if n, err := s.Artifacts.SweepStaged(ctx, func(id jobs.ID) bool { return s.goesOn(ctx, id) }); err != nil {
		s.complain(ctx, "unfinished files could not be removed", err)
	} else if n > 0 {
		s.Log.Info("removed unfinished files", "files", n)
	}
}

// missedTwice begins a look for files without a job: they are given to a job
// that is ready when it is submitted a moment before it is there. So one is
// missed for good when the look before has missed it too.
func (s *Sweeper) missedTwice() func(jobs.ID) bool {
	before := s.missed
	s.missed = make(map[jobs.ID]bool)
	return func(id jobs.ID) bool {
		s.missed[id] = true
		return before[id]
	}
}

// goesOn reports whether a job may go on with its unfinished file. When in
// doubt it does.
func (s *Sweeper) goesOn(ctx context.Context, id jobs.ID) bool {
	j, err := s.Board.Job(ctx, id)
	if err != nil {
		return !errors.Is(err, jobs.ErrNotFound)
	}
	return GoesOn(j, time.Now())
}

// GoesOn reports whether a job may go on with its unfinished file: it is not done,
// or it may be tried again, which is given a day.
func GoesOn(j jobs.Job, now time.Time) bool {
	retried := (j.State == jobs.Failed || j.State == jobs.Canceled) && now.Sub(j.Finished) < mayRetry
	return j.State == jobs.Queued || j.State == jobs.Running || retried
}

// abandonedAtStart reports whether a job has no use for its file, when nobody
// can be about to give it one.
func abandonedAtStart(j jobs.Job) bool {
	return j.State != jobs.Ready && j.State != jobs.Running && j.State != jobs.Queued
}

// abandonedLater leaves out those that a worker may just have let go of.
func abandonedLater(now time.Time) func(jobs.Job) bool {
	return func(j jobs.Job) bool {
		return abandonedAtStart(j) && now.Sub(j.Finished) > orphansDue
	}
}

func (s *Sweeper) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		s.Log.Error(what, "err", err)
	}
}
