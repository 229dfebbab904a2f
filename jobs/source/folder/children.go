package folder

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"example.org/carryout/jobs/source"
)

// Children implements [source.Folder]. Links are listed as what they are, not
// as what they point to; what cannot be exported is not listed.
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
	nodes, err = at.nodes(ctx, path)
	if err != nil {
		return nil, false, err
	}
	if len(nodes) > n {
		return nodes[:n], true, nil
	}
	return nodes, false, nil
}

// nodes lists the folder, whose path is given, in the order of Children.
func (d dir) nodes(ctx context.Context, path string) ([]source.Node, error) {
	names, err := d.names(ctx, make([]byte, 64<<10))
	if err != nil {
		return nil, fmt.Errorf("listing a folder: %w", err)
	}
	if path != "" {
		path += "/"
	}
	nodes := make([]source.Node, 0, len(names))
	for i, name := range names {
		if i%stride == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		st, err := d.lstat(name)
		if err != nil {
			continue // has just gone
		}
		node := source.Node{Name: name, Path: path + name}
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFDIR:
			node.Folder = true
		case unix.S_IFREG:
			node.Size = st.Size
		case unix.S_IFLNK:
		default:
			continue
		}
		nodes = append(nodes, node)
	}
	slices.SortFunc(nodes, func(a, b source.Node) int {
		if a.Folder && !b.Folder {
			return -1
		}
		if b.Folder && !a.Folder {
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return nodes, nil
}
