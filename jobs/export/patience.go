package export

import (
	"context"
	"errors"
	"fmt"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/room"
	"example.org/carryout/jobs/work"
)

// Room is what is known of the room on the server's disks.
type Room interface {
	// Enter takes note of an attempt, which takes up room until Leave.
	Enter(a room.Attempt)

	// Leave is for an attempt that writes no more. It may be called again.
	Leave(a room.Attempt)

	// Lack returns what there is too little of to waste any.
	Lack() room.Lack

	// Holds returns what an attempt has to wait for, and what is closed when it
	// is to ask again; room.None and nil: it may go on.
	Holds(a room.Attempt) (room.Lack, <-chan struct{})

	// Full tells of a disk that was met full, which then is lacking for a while.
	Full()

	// Fits reports whether a file of that size can ever find room.
	Fits(size int64) bool
}

// patience is how a job meets a full disk, or files that take up more than they
// may: it waits, and its followers are told why. It waits where it is held when it
// begins or has kept a cursor, and where a write finds no room, because somebody
// was faster. Whoever waits can be canceled and stopped as always. Whoever only
// waits for the file of another job takes up nothing, and leaves its turn to others.
//
// There is no end to this: what is accepted is not thrown away because nobody
// has tidied up yet. Only a file for which there would be no room even if it
// were alone on its disk fails. And who is asked to give back what it has written,
// so that an older job can go on, does so and is put back into the queue.
type patience struct {
	room Room
	task work.Task
}

// errNeverFits is both: it fails the job, and there is no room.
var errNeverFits = errors.Join(artifact.ErrFull, &jobs.Failure{
	Code:    "disk_full",
	Message: "The file does not fit on the server's disk, even if nothing else were there. Ask for less of the source, or for a format that takes less room.",
})

// errBack ends an attempt that gives back what it has written. The next one
// begins anew, and waits before it does.
var errBack = fmt.Errorf("others need the room more: %w", artifact.ErrFull)

// attempt is what the room knows the job by.
func (p *patience) attempt() room.Attempt {
	return room.Attempt{Job: p.task.Job.ID, Fence: p.task.Fence, Since: p.task.Job.Created}
}

func (p *patience) isHeld() bool {
	lack, _ := p.room.Holds(p.attempt())
	return lack != room.None
}

// start waits if the job is held, before anything is read. Who is asked to give
// back what an attempt before has left does so here.
func (p *patience) start(ctx context.Context, files artifact.Store) error {
	_, err := p.pause(ctx, 0)
	if errors.Is(err, errBack) {
		return errors.Join(err, sweep(ctx, files, p.task.Job.ID))
	}
	return err
}

// sweep removes what attempts have left of a job: a new one does.
func sweep(ctx context.Context, files artifact.Store, id jobs.ID) error {
	staged, err := files.Stage(ctx, id, nil)
	if errors.Is(err, artifact.ErrFull) {
		return nil // what there was is gone nevertheless
	}
	if err != nil {
		return err
	}
	return staged.Abort()
}

// pause waits if the job is held, and reports whether it was. A job that has
// written more than can ever fit is not worth waiting for.
func (p *patience) pause(ctx context.Context, size int64) (held bool, err error) {
	if !p.isHeld() {
		return false, nil
	}
	if !p.room.Fits(size) {
		return true, errNeverFits
	}
	defer p.task.Meter.Pause()()
	return true, p.wait(ctx, room.None)
}

// paused is what followers are told, by what there is too little of.
var paused = map[room.Lack]jobs.Warning{
	room.Disk: {
		Code:    jobs.PausedDiskFull,
		Message: "The server's disk is full, so this export waits. It goes on by itself when there is room.",
	},
	room.Share: {
		Code:    jobs.PausedSpaceFull,
		Message: "Exports take up as much room as they may here, so this one waits. It goes on by itself when others are ready or go.",
	},
}

// wait waits, and tells for what unless that was told.
func (p *patience) wait(ctx context.Context, told room.Lack) error {
	for {
		lack, again := p.room.Holds(p.attempt())
		switch lack {
		case room.None:
			return ctx.Err()
		case room.Back:
			return errBack
		}
		if lack != told {
			p.task.Meter.Warn(paused[lack])
			told = lack
		}
		select {
		case <-again:
		case <-p.task.Stopping:
			return work.ErrStopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// try does something that writes, again and again as long as there is no room
// for it.
func (p *patience) try(ctx context.Context, size int64, do func() error) error {
	err := do()
	if !passes(err) {
		return err
	}
	p.task.Meter.Warn(paused[room.Disk])
	defer p.task.Meter.Pause()()
	for passes(err) {
		p.room.Full()
		if !p.room.Fits(size) {
			return errNeverFits
		}
		if err := p.wait(ctx, room.Disk); err != nil {
			return err
		}
		err = do()
	}
	return err
}

// passes reports whether err passes when there is room. Where what was written
// is lost too, only another attempt helps.
func passes(err error) bool {
	return errors.Is(err, artifact.ErrFull) && !errors.Is(err, artifact.ErrStale)
}

// passesLater reports whether a run has ended for lack of room that the next
// attempt may find.
func passesLater(err error) bool {
	return errors.Is(err, artifact.ErrFull) && !errors.Is(err, errNeverFits) && !errors.Is(err, errBack)
}

// stage stages the file, which waits for room where there is none.
func (a *assembly) stage(ctx context.Context, mark []byte) (out artifact.Staged, err error) {
	do := func() (err error) { out, err = a.Artifacts.Stage(ctx, a.task.Job.ID, mark); return err }
	if a.Room == nil {
		err = do()
		return out, err
	}
	p := &patience{room: a.Room, task: a.task}
	if err := p.try(ctx, 0, do); err != nil {
		return nil, err
	}
	return patientFile{out, ctx, p}, nil
}

// patientFile is a file that waits for room.
type patientFile struct {
	artifact.Staged
	ctx context.Context // of the run it belongs to
	*patience
}

// Write implements [io.Writer].
func (f patientFile) Write(b []byte) (n int, err error) {
	err = f.try(f.ctx, f.Size()+int64(len(b)), func() error {
		m, err := f.Staged.Write(b[n:])
		n += m
		return err
	})
	return n, err
}

// Checkpoint implements [artifact.Staged].
func (f patientFile) Checkpoint() (mark []byte, err error) {
	err = f.try(f.ctx, f.Size(), func() (err error) { mark, err = f.Staged.Checkpoint(); return err })
	return mark, err
}

// Commit implements [artifact.Staged].
func (f patientFile) Commit(ctx context.Context, d artifact.Digest) error {
	return f.try(ctx, f.Size(), func() error { return f.Staged.Commit(ctx, d) })
}
