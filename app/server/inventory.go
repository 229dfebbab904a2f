package server

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/work"
)

// checker compares jobs with their files. A server may be about to change both,
// so what does not fit is looked at again in the end.
type checker struct {
	jobs     *sqlite.View
	files    artifact.Store
	contents bool
	found    Inventory
}

func (c *checker) check(ctx context.Context) error {
	doubtful, err := c.compare(ctx)
	if err != nil {
		return err
	}
	for _, id := range doubtful {
		j, err := c.jobs.Job(ctx, id)
		if err != nil && !errors.Is(err, jobs.ErrNotFound) {
			return err
		}
		if j.State != jobs.Ready {
			continue
		}
		if fault := c.fault(ctx, j); fault != nil {
			c.found.Wrong = append(c.found.Wrong, fmt.Sprintf("job %s (%s): %v", j.ID, j.File.Name, fault))
		}
	}
	return cmp.Or(c.orphans(ctx), ctx.Err())
}

// compare holds all files against their jobs and returns the jobs whose files
// do not fit.
func (c *checker) compare(ctx context.Context) (doubtful []jobs.ID, err error) {
	for j, err := range c.jobs.Jobs(ctx) {
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return nil, err
		}
		if j.State != jobs.Ready {
			continue
		}
		c.found.Files++
		c.found.Bytes += j.File.Size
		if c.fault(ctx, j) != nil {
			doubtful = append(doubtful, j.ID)
		}
	}
	return doubtful, nil
}

// fault says what is wrong with the file of a job that is ready; nil: nothing.
func (c *checker) fault(ctx context.Context, j jobs.Job) error {
	a, err := c.files.Open(ctx, j.ID)
	if errors.Is(err, jobs.ErrNotFound) {
		return errors.New("its file is missing")
	}
	if err != nil {
		return fmt.Errorf("its file cannot be opened: %w", err)
	}
	defer a.Close() // only read
	if a.Size != j.File.Size {
		return fmt.Errorf("its file has %d bytes and not %d", a.Size, j.File.Size)
	}
	if hex.EncodeToString(a.SHA256[:]) != j.File.SHA256 {
		return errors.New("its file is another")
	}
	if !c.contents {
		return nil
	}
	return read(ctx, a)
}

// read wants a file to hold what its digest says.
func read(ctx context.Context, a artifact.Artifact) error {
	h := sha256.New()
	if _, err := io.Copy(h, contextReader{ctx, a}); err != nil {
		return fmt.Errorf("its file cannot be read: %w", err)
	}
	if [32]byte(h.Sum(nil)) != a.SHA256 {
		return errors.New("its file does not hold what it held when it was made")
	}
	return nil
}

// contextReader reads until ctx is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// usesFinished reports whether a job may have a use for a finished file, which
// may be about to be told of.
func usesFinished(j jobs.Job) bool {
	return j.State == jobs.Ready || j.State == jobs.Running || j.State == jobs.Queued
}

// usesUnfinished reports whether a job may have a use for an unfinished file: one
// that is ready by now had it a moment ago.
func usesUnfinished(j jobs.Job) bool { return j.State == jobs.Ready || work.GoesOn(j, time.Now()) }

// orphans lists the files that no job has a use for.
func (c *checker) orphans(ctx context.Context) error {
	var finished, unfinished []jobs.ID
	for id, err := range c.files.Keys(ctx) {
		if err != nil {
			return fmt.Errorf("listing the files: %w", err)
		}
		finished = append(finished, id)
	}
	_, sizes, err := c.files.Used(ctx)
	if err != nil {
		return fmt.Errorf("listing the unfinished files: %w", err)
	}
	for id := range sizes {
		if id.Valid() { // what nobody has named the server leaves alone
			unfinished = append(unfinished, id)
		}
	}
	for _, list := range []struct {
		ids  []jobs.ID
		uses func(jobs.Job) bool
		what string
	}{{finished, usesFinished, "a finished file"}, {unfinished, usesUnfinished, "an unfinished file"}} {
		slices.Sort(list.ids)
		for _, id := range list.ids {
			j, err := c.jobs.Job(ctx, id)
			if err != nil && !errors.Is(err, jobs.ErrNotFound) {
				return err
			}
			if !list.uses(j) {
				c.found.Orphans = append(c.found.Orphans, fmt.Sprintf("%s of %s, which %s", list.what, id, useless(j)))
			}
		}
	}
	return nil
}

// useless says why a job has no use for a file.
func useless(j jobs.Job) string {
	if j.State == "" {
		return "is no job here"
	}
	return "is " + string(j.State)
}
