package format

import (
	"io/fs"
	"time"

	"example.org/carryout/jobs/source"
)

// A member is one entry of an archive.
type member struct {
	name    string // in the archive; that of a folder ends with a slash
	mode    fs.FileMode
	modTime time.Time // UTC, whole seconds
	target  string    // of a symbolic link
	size    int64     // of a regular file, as planned
}

// member implements reader.
func (a *archive) member(i int) member { return newMember(a.plan.Entries[i], a.names) }

// newMember normalizes an entry: permissions alone are kept, and whoever
// unpacks the archive may read what he got and remove it; times are UTC and
// whole seconds.
func newMember(e source.Entry, n names) member {
	m := member{
		name:    n.name(e.Path),
		mode:    e.Mode.Type() | e.Mode.Perm() | 0o400,
		modTime: time.Unix(e.ModTime.Unix(), 0).UTC(),
		size:    e.Size,
	}
	switch {
	case e.Mode.IsDir():
		m.name, m.mode, m.size = m.name+"/", m.mode|0o700, 0
	case e.Mode&fs.ModeSymlink != 0:
		m.mode, m.size = fs.ModeSymlink|0o777, 0
		m.target, _ = n.target(e.Path, e.Target)
	}
	return m
}

// leftOutName returns the fate of a member whose name is too long.
func leftOutName(m member) fate {
	if len(m.name) > longestName {
		return tooLong
	}
	return whole
}
