package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
// it is whole, checked and durable, in place of an earlier one. A broken
// connection is taken up again for as long as that brings something. After an
// error the part stays, to be gone on with, unless it was wrong.
func (c *Client) Download(ctx context.Context, j jobs.Job, dst string, told Progress) error {
	part := dst + ".part"
	for {
		resumed, err := c.fill(ctx, j, part, told)
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) {
			if err != nil {
				return err
			}
			return settle(part, dst)
		}
		if err := os.Remove(part); err != nil {
			return errors.Join(corrupt, err)
		}
		if !resumed {
			return corrupt
		}
		// What an earlier run had left may have been of another file.
	}
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

// fill fetches into the file part what it does not hold yet. resumed says that
// it held something.
func (c *Client) fill(ctx context.Context, j jobs.Job, part string, told Progress) (resumed bool, err error) {
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	t, err := c.transfer(j, file, told)
	if err != nil {
		return false, err
	}
	if t.done, err = takeUp(ctx, file, t); err != nil {
		return false, fmt.Errorf("reading what is there of %s: %w", part, err)
	}
	resumed = t.done > 0
	if err := t.run(ctx); err != nil {
		return resumed, err
	}
	return resumed, file.Sync()
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

// settle gives a file its name, durably.
func settle(part, dst string) error {
	if err := os.Rename(part, dst); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(dst))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
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
