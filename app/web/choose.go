package web

import (
	"context"
	"slices"

	"example.org/carryout/jobs/source"
	"example.org/carryout/views"
	"example.org/carryout/views/human"
)

const (
	shown       = 300 // entries of one folder that the form shows
	mostOpen    = 100 // folders that it shows open
	previewRows = 5
)

// fillTree adds the tree of a folder, down to where it has been opened.
func fillTree(ctx context.Context, p *views.NewPage, src source.Folder, in filled) (err error) {
	t := &branches{src: src, open: opened(in.open), ticked: in.Paths}
	p.Tree, p.More, err = t.below(ctx, "")
	p.Open = t.openAll()
	for _, path := range in.Paths {
		if !slices.Contains(t.seen, path) {
			p.Beyond = append(p.Beyond, path)
		}
	}
	return err
}

// opened returns the folders that are open: those named an odd number of
// times, since each click on a folder names it once more.
func opened(clicks []string) map[string]bool {
	open := make(map[string]bool)
	for _, path := range clicks {
		if open[path] {
			delete(open, path)
		} else if len(open) < mostOpen {
			open[path] = true
		}
	}
	return open
}

// branches draws a tree.
type branches struct {
	src    source.Folder
	open   map[string]bool
	ticked []string
	seen   []string // ticked paths that are drawn
}

func (t *branches) below(ctx context.Context, path string) (list []views.Branch, more bool, err error) {
	nodes, more, err := t.src.Children(ctx, path, shown)
	if err != nil {
		return nil, false, err
	}
	for _, n := range nodes {
		b := views.Branch{Path: n.Path, Name: n.Name, Folder: n.Folder, Chosen: slices.Contains(t.ticked, n.Path), Open: n.Folder && t.open[n.Path]}
		if b.Chosen {
			t.seen = append(t.seen, n.Path)
		}
		if !n.Folder {
			b.Size = human.Bytes(n.Size)
		}
		if b.Open {
			if b.Children, b.More, err = t.below(ctx, n.Path); err != nil {
				return nil, false, err
			}
		}
		list = append(list, b)
	}
	return list, more, nil
}

func (t *branches) openAll() (all []string) {
	for path := range t.open {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

// fillTables adds the tables of a database, and the columns of the chosen one.
func fillTables(ctx context.Context, p *views.NewPage, src source.Database, in filled) error {
	tables, err := src.Tables(ctx)
	if err != nil {
		return err
	}
	chosen := max(0, slices.IndexFunc(tables, func(t source.Table) bool { return t.Name == in.Table }))
	for i, t := range tables {
		p.Tables = append(p.Tables, views.Choice{Value: t.Name, Title: t.Name, Hint: tableHint(t), Chosen: i == chosen})
	}
	if len(tables) == 0 {
		return nil
	}
	t := tables[chosen]
	preview := &views.Preview{}
	for _, c := range t.Columns {
		p.Columns = append(p.Columns, views.Column{Name: c.Name, Type: c.Type, Chosen: t.Name == in.Table && slices.Contains(in.Columns, c.Name)})
		preview.Columns = append(preview.Columns, c.Name)
	}
	if preview.Rows, err = src.Preview(ctx, t.Name, previewRows); err == nil && len(preview.Rows) > 0 {
		p.Preview = preview
	}
	return err
}

func tableHint(t source.Table) string {
	words := "being counted"
	if t.Rows.Known {
		words = human.Of(t.Rows.Value, "row", "rows")
	}
	if t.View {
		words += " · view"
	}
	return words
}
