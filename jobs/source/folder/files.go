package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"golang.org/x/sys/unix"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/source"
)

// files implements [source.Files].
type files struct {
	selected []string // nil: everything

	mu     sync.RWMutex // held for reading while root is used
	root   dir
	closed bool
}

// Plan implements [source.Files].
func (f *files) Plan(ctx context.Context, found func(items, bytes int64)) (source.Plan, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return source.Plan{}, fs.ErrClosed
	}
	w, top := walker{root: f.root, found: found}, &listing{}
	if err := w.walk(ctx, f.selected, top); err != nil {
		return source.Plan{}, fmt.Errorf("planning: %w", err)
	}
	plan := top.plan(w.all.items)
	if len(f.selected) > 0 && len(plan.Entries) == 0 {
		return source.Plan{}, &jobs.Failure{
			Code:    "nothing_left",
			Message: "Nothing of what was selected can be read any more. Look at what the source holds now, and ask again.",
		}
	}
	return plan, nil
}

// Open implements [source.Files]. What it returns can seek too, and its Stat says
// how the file is.
func (f *files) Open(ctx context.Context, e source.Entry) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := failpoint.Err("file-opened"); err != nil {
		return nil, err
	}
	fd, err := f.open(e.Path)
	switch {
	case err == nil:
		return &file{fd, e.Path}, nil
	case errors.Is(err, errLink), errors.Is(err, errNotRegular), errors.Is(err, unix.ENOTDIR):
		err = source.ErrChanged
	case exhausted(err):
		return nil, &jobs.Failure{Code: "exhausted", Message: "The server has no room to open any more files at the moment. Try again later."}
	}
	return nil, &fs.PathError{Op: "open", Path: e.Path, Err: err}
}

func (f *files) open(path string) (int, error) {
	if malformed(path) != "" {
		return -1, fs.ErrInvalid
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return -1, fs.ErrClosed
	}
	return f.root.file(path)
}

// Close implements [source.Files].
func (f *files) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fs.ErrClosed
	}
	f.closed = true
	f.root.close()
	return nil
}
