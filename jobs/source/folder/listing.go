package folder

import (
	"io/fs"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// A listing is what one folder holds, in the order of a plan, or one for each path
// that was selected. One goroutine makes it. A nil one keeps nothing, for whoever
// only counts.
type listing struct {
	entries  []source.Entry
	below    []*listing // of the folders among the entries, in their order; then the parts
	warnings []jobs.Warning
}

// part returns a listing of its own, whose place is after those that are there.
func (l *listing) part() *listing {
	part := &listing{}
	l.below = append(l.below, part)
	return part
}

// add adds an entry, and returns what is to take in what it holds if it is a
// folder.
func (l *listing) add(e source.Entry) *listing {
	if l == nil {
		return nil
	}
	l.entries = append(l.entries, e)
	if !e.Mode.IsDir() {
		return nil
	}
	return l.part()
}

// expect makes room for as many entries.
func (l *listing) expect(n int) {
	if l != nil {
		l.entries = slices.Grow(l.entries, n)
	}
}

// moveTo moves the whole tree into p, so that it lies in memory once.
func (l *listing) moveTo(p *source.Plan) {
	p.Warnings = append(p.Warnings, l.warnings...)
	entries, below := l.entries, l.below
	*l = listing{}
	for _, e := range entries {
		p.Entries = append(p.Entries, e)
		p.Bytes += e.Size
		if e.Mode.IsDir() {
			below[0].moveTo(p)
			below = below[1:]
		}
	}
	for _, part := range below {
		part.moveTo(p)
	}
}

// look returns what name in d is, or tells why it is left out.
func (l *listing) look(d dir, name, path string) (e source.Entry, ok bool, err error) {
	st, err := d.lstat(name)
	if err != nil {
		return e, false, l.leftOut(path, err)
	}
	e = source.Entry{Path: path, Mode: permissions(&st), ModTime: modTime(&st), Changed: changed(&st)}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		e.Mode |= fs.ModeDir
	case unix.S_IFREG:
		e.Size = st.Size
	case unix.S_IFLNK:
		e.Mode |= fs.ModeSymlink
		if e.Target, err = d.readlink(name); err != nil {
			return e, false, l.leftOut(path, err)
		}
	default:
		l.warn(jobs.Warning{Code: "special_file", Path: path, Message: "Left out: it is " + special(st.Mode) + ", not a file."})
		return e, false, nil
	}
	return e, true, nil
}

// leftOut warns that something could not be read, because of err. It returns
// err if that tells nothing about the source.
func (l *listing) leftOut(path string, err error) error {
	switch {
	case exhausted(err):
		return err
	case err == errLink || err == unix.ENOENT || err == unix.ENOTDIR || err == unix.EINVAL:
		l.warn(jobs.Warning{Code: "vanished", Path: path, Message: "Left out: it was gone before it could be read."})
	case err == unix.EACCES || err == unix.EPERM:
		l.warn(jobs.Warning{Code: "unreadable", Path: path, Message: "Left out: the server may not read it."})
	default:
		l.warn(jobs.Warning{Code: "unreadable", Path: path, Message: "Left out: it could not be read (" + reason(err) + ")."})
	}
	return nil
}

// tooLong warns that so many names in the folder at path make paths that are too
// long.
func (l *listing) tooLong(path string, n int64) {
	if n > 0 {
		l.warn(jobs.Warning{Code: "path_too_long", Path: path, Count: n,
			Message: "What lies this deep is left out: the paths are too long."})
	}
}

func (l *listing) warn(w jobs.Warning) {
	if l != nil {
		l.warnings = append(l.warnings, w)
	}
}

// plan returns the plan of everything below the listing, which is so many entries,
// and leaves nothing there.
func (l *listing) plan(entries int64) source.Plan {
	p := source.Plan{Entries: make([]source.Entry, 0, entries)}
	l.moveTo(&p)
	slices.SortFunc(p.Warnings, func(a, b jobs.Warning) int { return source.ComparePaths(a.Path, b.Path) })
	return p
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
