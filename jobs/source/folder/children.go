package folder

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"example.org/carryout/jobs/source"
)

// A listed is a name in a folder, as the listing has it.
type listed struct {
	name string
	kind uint32 // S_IFDIR and its like; 0: the listing does not tell
}

// Children implements [source.Folder]. Links are listed as what they are, not
// as what they point to; what cannot be exported is not listed. Names that are
// not UTF-8 are not listed either, since no request could name them: whoever
// chooses the folder above exports them all the same.
//
// Only what is returned is looked at, so that a huge folder costs little more
// than its listing.
func (s *Source) Children(ctx context.Context, path string, n int) (nodes []source.Node, more bool, err error) {
	if path != "" {
		if err := checkPath("path", path); err != nil {
			return nil, false, err
		}
	}
	root, err := s.open()
	if err != nil {
		return nil, false, err
	}
	defer root.close()
	at, err := root.down(path)
	if exhausted(err) {
		return nil, false, fmt.Errorf("opening a folder: %w", err)
	}
	if err != nil {
		return nil, false, pathError("path", path, err)
	}
	defer at.close()
	return at.nodes(ctx, path, n)
}

// nodes lists the first n things in the folder, whose path is given, in the
// order of Children.
func (d dir) nodes(ctx context.Context, path string, n int) (nodes []source.Node, more bool, err error) {
	if !utf8.ValidString(path) {
		return nil, false, nil // nor is any path below it
	}
	all, err := d.sendable(ctx)
	if err != nil {
		return nil, false, err
	}
	slices.SortFunc(all, compare)
	if path != "" {
		path += "/"
	}
	for i, l := range all {
		if len(nodes) >= n {
			return nodes, true, nil
		}
		if i%stride == 0 && ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		st, err := d.lstat(l.name)
		if err != nil || !exportable(uint32(st.Mode)) {
			continue // has just gone, or changed
		}
		node := source.Node{Name: l.name, Path: path + l.name}
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFDIR:
			node.Folder = true
		case unix.S_IFREG:
			node.Size = st.Size
		}
		nodes = append(nodes, node)
	}
	return nodes, false, nil
}

// sendable lists, in no order, what can be exported under a name that a request
// can hold.
func (d dir) sendable(ctx context.Context) (all []listed, err error) {
	err = d.list(ctx, make([]byte, 64<<10), func(entries []byte) {
		all = appendListed(all, entries)
	})
	if err != nil {
		return nil, fmt.Errorf("listing a folder: %w", err)
	}
	kept := all[:0]
	for i, l := range all {
		if i%stride == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !utf8.ValidString(l.name) {
			continue
		}
		if l.kind == 0 {
			st, err := d.lstat(l.name)
			if err != nil {
				continue // has just gone
			}
			l.kind = uint32(st.Mode) & unix.S_IFMT
		}
		if exportable(l.kind) {
			kept = append(kept, l)
		}
	}
	return kept, nil
}

// compare puts folders first, then goes by name.
func compare(a, b listed) int {
	switch aFolder, bFolder := a.kind == unix.S_IFDIR, b.kind == unix.S_IFDIR; {
	case aFolder && !bFolder:
		return -1
	case bFolder && !aFolder:
		return 1
	}
	return cmp.Compare(a.name, b.name)
}

// exportable reports whether what has this mode is a file, a folder or a link.
func exportable(mode uint32) bool {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR, unix.S_IFREG, unix.S_IFLNK:
		return true
	}
	return false
}
