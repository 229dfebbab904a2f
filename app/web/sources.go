package web

import (
	"net/http"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source"
)

// mostChildren is how many entries of one folder are shown.
const mostChildren = 1000

type sourceJSON struct {
	Name    string       `json:"name"`
	Kind    source.Kind  `json:"kind"`
	Items   *int64       `json:"items"` // files, or tables
	Bytes   *int64       `json:"bytes"`
	Formats []formatJSON `json:"formats"`
	URLs    sourceURLs   `json:"urls"`
}

type sourceURLs struct {
	Tree   string `json:"tree,omitempty"`
	Tables string `json:"tables,omitempty"`
}

type formatJSON struct {
	Name    string       `json:"name"`
	Title   string       `json:"title"`
	Ext     string       `json:"ext"`
	Type    string       `json:"type"`
	Options []optionJSON `json:"options"`
}

type optionJSON struct {
	Name    string       `json:"name"`
	Title   string       `json:"title"`
	Default string       `json:"default"`
	Values  []choiceJSON `json:"values"`
}

type choiceJSON struct {
	Value string `json:"value"`
	Title string `json:"title"`
}

// sources lists what can be exported.
func (s *Site) sources(w http.ResponseWriter, r *http.Request) error {
	list := make([]sourceJSON, 0, len(s.Export.Sources))
	for _, src := range s.Export.Sources {
		about, err := src.About(r.Context())
		if err != nil {
			return err
		}
		one := sourceJSON{Name: src.Name, Kind: about.Kind, Items: orNull(about.Items), Bytes: orNull(about.Bytes),
			Formats: formatsJSON(s.Export.Fitting(about.Kind))}
		if about.Kind == source.KindFolder {
			one.URLs.Tree = sourcePath(src.Name) + "/tree"
		} else {
			one.URLs.Tables = sourcePath(src.Name) + "/tables"
		}
		list = append(list, one)
	}
	return reply(w, r, map[string]any{"sources": list})
}

func formatsJSON(formats []format.Format) []formatJSON {
	list := make([]formatJSON, 0, len(formats))
	for _, f := range formats {
		one := formatJSON{Name: f.Name, Title: f.Title, Ext: f.Ext, Type: f.Media, Options: []optionJSON{}}
		for _, o := range f.Options {
			option := optionJSON{Name: o.Name, Title: o.Title, Default: o.Default}
			for _, c := range o.Values {
				option.Values = append(option.Values, choiceJSON(c))
			}
			one.Options = append(one.Options, option)
		}
		list = append(list, one)
	}
	return list
}

type nodeJSON struct {
	Name string `json:"name"`
	Path string `json:"path"`
	Type string `json:"type"` // "folder" or "file"
	Size *int64 `json:"size"` // of a file
}

// tree lists what lies directly in a folder of a source.
func (s *Site) tree(w http.ResponseWriter, r *http.Request) error {
	src, err := s.named(r)
	if err != nil {
		return err
	}
	folder, ok := src.Source.(source.Folder)
	if !ok {
		return &refusal{Status: http.StatusNotFound, Code: "no_tree", Detail: "This source is a database. Ask for its tables instead."}
	}
	path := r.URL.Query().Get("path")
	nodes, more, err := folder.Children(r.Context(), path, mostChildren)
	if err != nil {
		return err
	}
	entries := make([]nodeJSON, 0, len(nodes))
	for _, n := range nodes {
		one := nodeJSON{Name: n.Name, Path: n.Path, Type: "folder"}
		if !n.Folder {
			one.Type, one.Size = "file", &n.Size
		}
		entries = append(entries, one)
	}
	return reply(w, r, map[string]any{"path": path, "entries": entries, "more": more})
}

type tableJSON struct {
	Name    string       `json:"name"`
	View    bool         `json:"view"`
	Rows    *int64       `json:"rows"`
	Columns []columnJSON `json:"columns"`
}

type columnJSON struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// tables lists what a database holds.
func (s *Site) tables(w http.ResponseWriter, r *http.Request) error {
	src, err := s.named(r)
	if err != nil {
		return err
	}
	database, ok := src.Source.(source.Database)
	if !ok {
		return &refusal{Status: http.StatusNotFound, Code: "no_tables", Detail: "This source is a folder. Ask for its tree instead."}
	}
	tables, err := database.Tables(r.Context())
	if err != nil {
		return err
	}
	list := make([]tableJSON, 0, len(tables))
	for _, t := range tables {
		one := tableJSON{Name: t.Name, View: t.View, Rows: orNull(t.Rows), Columns: []columnJSON{}}
		for _, c := range t.Columns {
			one.Columns = append(one.Columns, columnJSON(c))
		}
		list = append(list, one)
	}
	return reply(w, r, map[string]any{"tables": list})
}

// named returns the source that the path names.
func (s *Site) named(r *http.Request) (export.Named, error) {
	for _, src := range s.Export.Sources {
		if src.Name == r.PathValue("name") {
			return src, nil
		}
	}
	return export.Named{}, &refusal{Status: http.StatusNotFound, Code: "unknown_source", Detail: "There is no source of that name. GET /sources lists them."}
}

func orNull(m jobs.Maybe[int64]) *int64 {
	if !m.Known {
		return nil
	}
	return &m.Value
}
