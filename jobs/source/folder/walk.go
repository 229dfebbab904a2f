package folder

import (
	"context"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

const (
	deepest = 16 << 10 // bytes of a path in a plan, so that no tree makes it grow without bounds
	stride  = 256      // entries between two reports, and two looks at the context
)

// A walker makes a plan. It is used once.
type walker struct {
	found     func(items, bytes int64) // may be nil
	countOnly bool                     // keep no entries and no warnings

	plan  source.Plan
	items int64
	files int64 // regular ones
	buf   []byte
}

// walk walks the selected paths, or everything below root if there are none.
func (w *walker) walk(ctx context.Context, root dir, selected []string) error {
	w.buf = make([]byte, 64<<10)
	if err := w.paths(ctx, root, selected); err != nil {
		return err
	}
	if err := w.sort(ctx); err != nil {
		return err
	}
	slices.SortFunc(w.plan.Warnings, func(a, b jobs.Warning) int { return source.ComparePaths(a.Path, b.Path) })
	w.report()
	return nil
}

// sort sorts the entries. Once ctx is done all are alike to it, so that it is
// over soon.
func (w *walker) sort(ctx context.Context) error {
	asked, over := 0, false
	slices.SortFunc(w.plan.Entries, func(a, b source.Entry) int {
		if asked++; asked%(16*stride) == 0 {
			over = ctx.Err() != nil
		}
		if over {
			return 0
		}
		return source.ComparePaths(a.Path, b.Path)
	})
	return ctx.Err()
}

func (w *walker) paths(ctx context.Context, root dir, selected []string) error {
	if selected == nil {
		all, err := root.folder(".")
		if err != nil {
			return err
		}
		return w.contents(ctx, all, "")
	}
	for _, path := range selected {
		above, name := split(path)
		at, err := root.down(above)
		if err != nil {
			if err := w.leftOut(path, err); err != nil {
				return err
			}
			continue
		}
		err = w.selected(ctx, at, name, path)
		if err != nil {
			return err
		}
	}
	return nil
}

// selected adds one selected path. It closes above.
func (w *walker) selected(ctx context.Context, above dir, name, path string) error {
	folder, err := w.add(ctx, above, name, path)
	if err != nil || !folder {
		above.close()
		return err
	}
	return w.folders(ctx, above, []string{name}, strings.TrimSuffix(path, name))
}

// contents adds what the folder d holds, whose path is given. It closes d.
func (w *walker) contents(ctx context.Context, d dir, path string) error {
	names, err := d.names(ctx, w.buf)
	if err := ctx.Err(); err != nil {
		d.close()
		return err
	}
	if err != nil { // what was listed before is still there
		if err := w.leftOut(path, err); err != nil {
			d.close()
			return err
		}
	}
	if path != "" {
		path += "/"
	}
	folders, err := w.each(ctx, d, names, path)
	if err != nil {
		d.close()
		return err
	}
	return w.folders(ctx, d, folders, path)
}

// each adds the names in d, whose path is prefix, and returns the folders
// among them.
func (w *walker) each(ctx context.Context, d dir, names []string, prefix string) (folders []string, err error) {
	var long int64
	for _, name := range names {
		if len(prefix)+len(name) > deepest {
			long++
			continue
		}
		folder, err := w.add(ctx, d, name, prefix+name)
		if err != nil {
			return nil, err
		}
		if folder {
			folders = append(folders, name)
		}
	}
	if long > 0 {
		w.warn(jobs.Warning{Code: "path_too_long", Path: strings.TrimSuffix(prefix, "/"), Count: long,
			Message: "What lies this deep is left out: the paths are too long."})
	}
	return folders, nil
}

// folders adds what the folders in d hold. It closes d, and does so before it
// goes down into the last of them: so a tree that is a chain does not take a
// descriptor for every level.
func (w *walker) folders(ctx context.Context, d dir, names []string, prefix string) error {
	for i, name := range names {
		below, err := d.folder(name)
		if i == len(names)-1 {
			d.close()
		}
		if err != nil {
			err = w.leftOut(prefix+name, err)
		} else {
			err = w.contents(ctx, below, prefix+name)
		}
		if err != nil {
			if i < len(names)-1 {
				d.close()
			}
			return err
		}
	}
	if len(names) == 0 {
		d.close()
	}
	return nil
}

// add adds one name in d to the plan and reports whether it is a folder.
func (w *walker) add(ctx context.Context, d dir, name, path string) (folder bool, err error) {
	if w.items%stride == 0 {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		w.report()
	}
	st, err := d.lstat(name)
	if err != nil {
		return false, w.leftOut(path, err)
	}
	e := source.Entry{Path: path, Mode: permissions(&st), ModTime: modTime(&st), Changed: changed(&st)}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		e.Mode |= fs.ModeDir
	case unix.S_IFREG:
		e.Size = st.Size
		w.files++
	case unix.S_IFLNK:
		e.Mode |= fs.ModeSymlink
		if e.Target, err = d.readlink(name); err != nil {
			return false, w.leftOut(path, err)
		}
	default:
		w.warn(jobs.Warning{Code: "special_file", Path: path, Message: "Left out: it is " + special(st.Mode) + ", not a file."})
		return false, nil
	}
	w.items++
	w.plan.Bytes += e.Size
	if !w.countOnly {
		w.plan.Entries = append(w.plan.Entries, e)
	}
	return e.Mode.IsDir(), nil
}

func (w *walker) report() {
	if w.found != nil {
		w.found(w.items, w.plan.Bytes)
	}
}

// leftOut warns that something could not be read, because of err. It returns
// err if that tells nothing about the source.
func (w *walker) leftOut(path string, err error) error {
	switch {
	case exhausted(err):
		return err
	case err == errLink || err == unix.ENOENT || err == unix.ENOTDIR || err == unix.EINVAL:
		w.warn(jobs.Warning{Code: "vanished", Path: path, Message: "Left out: it was gone before it could be read."})
	case err == unix.EACCES || err == unix.EPERM:
		w.warn(jobs.Warning{Code: "unreadable", Path: path, Message: "Left out: the server may not read it."})
	default:
		w.warn(jobs.Warning{Code: "unreadable", Path: path, Message: "Left out: it could not be read (" + reason(err) + ")."})
	}
	return nil
}

func (w *walker) warn(warning jobs.Warning) {
	if !w.countOnly {
		w.plan.Warnings = append(w.plan.Warnings, warning)
	}
}

// reason is what the system says of err, without any path.
func reason(err error) string {
	if errno, ok := err.(unix.Errno); ok {
		return errno.Error()
	}
	return "error " + strconv.Quote(err.Error())
}

func special[Mode ~uint16 | ~uint32](mode Mode) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFIFO:
		return "a named pipe"
	case unix.S_IFSOCK:
		return "a socket"
	}
	return "a device"
}
