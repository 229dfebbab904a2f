package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/folder"
)

const id = jobs.ID("AAAAAAAAAAAAAAAAAAAAAAAAAA")

// pack packs a folder as the server does: planned, hashed, with checkpoints, and
// synced. The file is then moved to its place. As in a server, the source has
// been opened and counted before; then it says that it is ready, and waits to be
// told to begin.
func pack(ctx context.Context, name, level, root, out string) (err error) {
	f, ok := format.Find(format.All(), name)
	if !ok {
		return fmt.Errorf("no format %q", name)
	}
	src, err := folder.Open(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if err := ready(ctx, src); err != nil {
		return err
	}
	data, err := src.Open(ctx, jobs.Spec{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	place, err := os.MkdirTemp(filepath.Dir(out), "ours-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(place)) }()
	store, err := dir.New(place)
	if err != nil {
		return err
	}
	staged, err := store.Stage(ctx, id, nil)
	if err != nil {
		return err
	}
	w := artifact.NewWriter(staged)
	defer func() { err = errors.Join(err, w.Abort()) }() // does nothing after a Commit
	task := format.Task{Out: w, Meter: &meter.Meter{}, Options: f.Complete(map[string]string{"level": level}), Workers: runtime.GOMAXPROCS(0)}
	task.Save = checkpoints(w)
	if err := f.Files(ctx, task, data.Files); err != nil {
		return err
	}
	if _, err := w.Commit(ctx); err != nil {
		return err
	}
	return os.Rename(filepath.Join(place, "ready", string(id)), out)
}

// ready waits until the source is counted, prints how many nanoseconds that took
// on the processors, and waits for the end of the input.
func ready(ctx context.Context, src source.Source) error {
	for again := time.Tick(time.Millisecond); ; <-again {
		about, err := src.About(ctx)
		if err != nil {
			return err
		}
		if about.Items.Known {
			break
		}
	}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	fmt.Println(used.Utime.Nano() + used.Stime.Nano())
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// checkpoints makes them as often as the server does by default.
func checkpoints(w *artifact.Writer) func(state func() []byte) error {
	last, size := time.Now(), int64(0)
	return func(state func() []byte) error {
		if time.Since(last) < 2*time.Second && w.Size()-size < 64<<20 {
			return nil
		}
		last, size = time.Now(), w.Size()
		state()
		_, err := w.Checkpoint()
		return err
	}
}
