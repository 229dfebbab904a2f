package client

import (
	"context"
	"encoding/json"
	"fmt"
)

// The kinds of sources.
const (
	KindFolder   = "folder"   // of which paths are chosen
	KindDatabase = "database" // of which a table is chosen, and columns
)

// A Source is something that can be exported.
type Source struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Items   *int64   `json:"items"` // files or tables; nil: not known
	Bytes   *int64   `json:"bytes"`
	Formats []Format `json:"formats"` // that fit it, the usual one first
}

// A Format is a kind of file.
type Format struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Ext     string   `json:"ext"` // with its dot
	Type    string   `json:"type"`
	Options []Option `json:"options"`
}

// An Option is something about a [Format] that can be chosen.
type Option struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Default string   `json:"default"`
	Values  []Choice `json:"values"`
}

// A Choice is one value of an [Option].
type Choice struct {
	Value string `json:"value"`
	Title string `json:"title"`
}

// Sources lists what can be exported.
func (c *Client) Sources(ctx context.Context) ([]Source, error) {
	b, err := c.whole(ctx, get("/sources", typeJSON))
	if err != nil {
		return nil, err
	}
	var in struct {
		Sources []Source `json:"sources"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return in.Sources, nil
}
