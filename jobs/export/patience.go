package export

import (
	"context"
	"errors"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

// Room is what is known of the room on the server's disks.
type Room interface {
	// Low reports whether there is so little that exports should wait.
	Low() bool

	// Full tells of a disk that was met full, after which room is Low for a
	// while.
	Full()

	// Freed returns what is closed when room is no longer Low; nil: it is not.
	Freed() <-chan struct{}

	// Fits reports whether a file of that size can ever find room.
	Fits(size int64) bool
}

// patience is how a job meets a full disk: it waits, and its followers are
// told. It waits where room is low when it begins or has kept a cursor, and where a write finds no room, because somebody was faster.
// Whoever waits can be canceled and stopped as always.
//
// There is no end to this: what is accepted is not thrown away because nobody
// has tidied up yet. Only a file for which there would be no room even if it
// were alone on its disk fails.
type patience struct {
	room Room
	task work.Task
	last func(ctx context.Context, cursor []byte) error // the task's own Keep
}

// errNeverFits is both: it fails the job, and there is no room.
var errNeverFits = errors.Join(artifact.ErrFull, &jobs.Failure{
	Code:    "disk_full",
	Message: "The file does not fit on the server's disk, even if nothing else were there. Ask for less of the source, or for a format that takes less room.",
})

// keep keeps a cursor, and then waits if room is low.
func (p *patience) keep(ctx context.Context, cursor []byte) error {
	err := p.last(ctx, cursor)
	if !p.room.Low() || err != nil && !errors.Is(err, store.ErrFull) {
		return err
	}
	if err := p.pause(ctx); err != nil {
		return err
	}
	if err != nil {
		err = p.last(ctx, cursor)
	}
	return err
}

// start waits if room is low, before anything is read.
func (p *patience) start(ctx context.Context) error {
	if !p.room.Low() {
		return nil
	}
	return p.pause(ctx)
}

// pause waits until there is room.
func (p *patience) pause(ctx context.Context) error {
	defer p.begin()()
	return p.wait(ctx)
}

// begin tells that the job waits. What it returns ends that.
func (p *patience) begin() (end func()) {
	p.task.Meter.Warn(jobs.Warning{
		Code:    jobs.PausedDiskFull,
		Message: "The server's disk is full, so this export waits. It goes on by itself when there is room.",
	})
	return p.task.Meter.Pause()
}

func (p *patience) wait(ctx context.Context) error {
	for {
		freed := p.room.Freed()
		if freed == nil {
			return ctx.Err()
		}
		select {
		case <-freed:
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
	defer p.begin()()
	for passes(err) {
		p.room.Full()
		if !p.room.Fits(size) {
			return errNeverFits
		}
		if err := p.wait(ctx); err != nil {
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
