package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
)

// stream downloads into a device or a named pipe. As with standard output, what
// has been written is not taken back if it turns out to be wrong.
func (f *fetch) stream(ctx context.Context, j jobs.Job, path string, told client.Progress) (err error) {
	file, err := openStream(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	// A pipe that nobody reads must not outlast the context. A device that
	// takes no deadline does not wait either.
	defer context.AfterFunc(ctx, func() { file.SetWriteDeadline(time.Unix(1, 0)) })()
	return f.client.Copy(ctx, file, j, told)
}

// openStream opens what is there for writing. With a named pipe it waits for a
// reader, or for the end of ctx.
func openStream(ctx context.Context, path string) (*os.File, error) {
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		done <- opened{file, err}
	}()
	select {
	case o := <-done:
		return o.file, o.err
	case <-ctx.Done():
	}
	// The opening waits in the kernel, where only a reader ends it. Where there
	// may be none, it ends with the process.
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, ctx.Err()
	}
	defer reader.Close()
	if o := <-done; o.err == nil {
		o.file.Close()
	}
	return nil, ctx.Err()
}
