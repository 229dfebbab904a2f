// Package folder is a source that is a folder of the server's disk.
//
// A selection is a list of paths below the root. [Source.Check] says whether
// they are there, [Source.Open] gives them as [source.Files]: the plan lists
// what they hold, and each file is opened from the root down.
//
// Nothing here follows a link. A path is walked one part at a time, from the
// descriptor of a folder to that of the next, and the kernel is told to refuse
// links (openat(2) with O_NOFOLLOW). So nothing outside the root is ever read,
// whatever becomes of the tree meanwhile. ([os.Root] gives less: it follows
// links that stay inside.) Links are entries of the plan, with their target as
// text. The root itself may be reached through a link: that is the operator's
// choice, and looked up once, by [Open]. It is opened anew for every job, and
// has to be the folder that it was then, by its device and inode: whatever was
// put in its place since, a link or a folder, is a [*jobs.Failure]
// ("source_gone") until the operator opens it anew.
//
// Paths are slash separated bytes, which need not be UTF-8. Sizes are bytes;
// times are UTC.
//
// The system is told nothing of how files will be read (posix_fadvise(2)): it
// reads ahead of whoever reads from the beginning to the end anyway, a gigabyte
// that was not in memory took as long with the advice as without it, and what is
// read once does not drive out what is used again.
//
// What cannot be read is a warning of the plan: "special_file" (a FIFO, a
// socket, a device), "unreadable", "vanished", "path_too_long". No error and no
// warning says where on the disk the root is.
package folder

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/lately"
)

// recount is how old the counts of About may become.
const recount = 5 * time.Minute

// A Source is a folder. Open makes one.
type Source struct {
	root  string // absolute, without links
	id    identity
	count lately.Value[count]
}

type count struct{ files, bytes int64 }

// Open returns the folder at root, which has to be there. It starts to count
// what it holds, which Close ends.
func Open(root string) (*Source, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("locating the folder: %w", err)
	}
	root, err = filepath.EvalSymlinks(root)
	if err != nil {
		return nil, fmt.Errorf("locating the folder: %w", err)
	}
	d, err := openRoot(root)
	if err != nil {
		return nil, fmt.Errorf("opening the folder %s: %w", root, err)
	}
	defer d.close()
	id, err := d.identity()
	if err != nil {
		return nil, fmt.Errorf("looking at the folder %s: %w", root, err)
	}
	s := &Source{root: root, id: id}
	s.count = lately.Value[count]{Find: s.recount, Age: recount}
	s.count.Get()
	return s, nil
}

// About implements [source.Source].
func (s *Source) About(context.Context) (source.About, error) {
	a := source.About{Kind: source.KindFolder}
	if c, known := s.count.Get(); known {
		a.Items, a.Bytes = jobs.Known(c.files), jobs.Known(c.bytes)
	}
	return a, nil
}

// recount walks the folder and publishes the counts.
func (s *Source) recount(ctx context.Context, publish func(count)) error {
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.close()
	w := walker{root: root}
	if err := w.walk(ctx, nil, nil); err != nil {
		return err
	}
	publish(count{w.all.files, w.all.bytes})
	return nil
}

// Check implements [source.Source].
func (s *Source) Check(ctx context.Context, spec jobs.Spec) error {
	if err := checkSelection(spec); err != nil {
		return err
	}
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.close()
	for _, path := range spec.Paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := root.has(path); err != nil {
			return err
		}
	}
	return nil
}

// Open implements [source.Source]. Paths that have gone since Check are
// warnings of the plan.
func (s *Source) Open(_ context.Context, spec jobs.Spec) (source.Data, error) {
	if err := checkSelection(spec); err != nil {
		return source.Data{}, err
	}
	root, err := s.open()
	if err != nil {
		return source.Data{}, err
	}
	return source.Data{Files: &files{root: root, selected: outermost(spec.Paths)}}, nil
}

// Close implements [source.Source].
func (s *Source) Close() error {
	s.count.Close()
	return nil
}

// open opens the root, which has to be the folder that it was at first.
func (s *Source) open() (dir, error) {
	d, err := openRoot(s.root)
	switch {
	case exhausted(err):
		return d, fmt.Errorf("opening the source: %w", err)
	case err != nil:
		return d, &jobs.Failure{
			Code:    "source_gone",
			Message: "The folder of this source is not there, or may not be read. Ask whoever runs this server.",
		}
	}
	if id, err := d.identity(); err != nil || id != s.id {
		d.close()
		return d, &jobs.Failure{
			Code:    "source_gone",
			Message: "The folder of this source was replaced by another one. Ask whoever runs this server: a restart of the server accepts it.",
		}
	}
	return d, nil
}
