package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"example.org/carryout/jobs"
)

// Progress is told how far a download has come. It must return soon.
type Progress func(done, total int64)

// A CorruptError reports a file that arrived whole and is not the one that was
// promised.
type CorruptError struct {
	Name      string
	Got, Want string // SHA-256
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s did not arrive as it was sent: its SHA-256 is %s, not %s", e.Name, e.Got, e.Want)
}

// Download fetches the file of a ready job. It writes to dst with ".part" at
// its end, goes on with what is there already, and gives the file its name once
// it is whole, checked and durable, in place of an earlier one. A symbolic link
// is followed, and nothing is replaced that is not a regular file. A broken
// connection is taken up again for as long as that brings something. After an
// error the part stays, to be gone on with, unless it was wrong. While another
// download writes the same part the error is [ErrBusy].
func (c *Client) Download(ctx context.Context, j jobs.Job, dst string, told Progress) (err error) {
	t, err := c.transfer(j, nil, told)
	if err != nil {
		return err
	}
	if dst, err = place(dst); err != nil {
		return err
	}
	p, err := openPart(dst+suffix, os.O_CREATE)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	t.to = p
	err = fill(ctx, t, p)
	if corrupt := (*CorruptError)(nil); errors.As(err, &corrupt) {
		return errors.Join(err, p.remove())
	}
	if err != nil {
		return err
	}
	return p.settle(dst, t.file.Size)
}

// Copy fetches the file of a ready job into w. A *CorruptError comes after the
// last byte.
func (c *Client) Copy(ctx context.Context, w io.Writer, j jobs.Job, told Progress) error {
	t, err := c.transfer(j, w, told)
	if err != nil {
		return err
	}
	return t.run(ctx)
}

// fill fetches what p does not hold yet.
func fill(ctx context.Context, t *transfer, p *part) (err error) {
	if t.done, err = takeUp(ctx, p.File, t); err != nil {
		return fmt.Errorf("reading what is there of %s: %w", p.Name(), err)
	}
	resumed := t.done > 0
	err = t.run(ctx)
	if corrupt := (*CorruptError)(nil); !resumed || !errors.As(err, &corrupt) {
		return err
	}
	// What an earlier run had left may have been of another file.
	if err := p.Truncate(0); err != nil {
		return err
	}
	if _, err := p.Seek(0, io.SeekStart); err != nil {
		return err
	}
	t.done = 0
	t.hash.Reset()
	return t.run(ctx)
}

// takeUp hashes what is there already, and leaves the file where it ends. What
// is longer than the whole is of something else.
func takeUp(ctx context.Context, file *os.File, t *transfer) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() > t.file.Size {
		return 0, file.Truncate(0)
	}
	return io.Copy(t.hash, &until{ctx, file})
}

// until is a reader that ends with its context.
type until struct {
	ctx context.Context
	io.Reader
}

func (u *until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}

// transfer returns the transfer of a job's file to w, which holds nothing of it
// yet.
func (c *Client) transfer(j jobs.Job, w io.Writer, told Progress) (*transfer, error) {
	path, err := jobPath(j.ID, "/file")
	if err != nil {
		return nil, err
	}
	if j.State != jobs.Ready {
		return nil, fmt.Errorf("the export is %s; its file can be downloaded while it is ready", j.State)
	}
	if told == nil {
		told = func(int64, int64) {}
	}
	return &transfer{client: c, path: path, file: j.File, to: w, hash: sha256.New(), told: told}, nil
}
