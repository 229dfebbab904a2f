package views_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/a-h/templ"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	// hashed is the part of an asset's address that changes with its content.
	hashed = regexp.MustCompile(`(/static/[a-z]+)\.[0-9a-f]+(\.[a-z]+)`)

	// client is where the browser's client is, if it has been built.
	client = regexp.MustCompile(`(data-exec|data-wasm)="[^"]*"`)
)

func render(t *testing.T, c templ.Component) []byte {
	t.Helper()
	var page bytes.Buffer
	if err := c.Render(context.Background(), &page); err != nil {
		t.Fatal(err)
	}
	return client.ReplaceAll(hashed.ReplaceAll(page.Bytes(), []byte("$1$2")), []byte(`$1=""`))
}

// adjacent is where one element begins right after another tag. Empty elements
// stay empty, which the style sheet tells apart.
var adjacent = regexp.MustCompile(`>(<[a-z])`)

// perLine puts every element on a line of its own, so that a difference can be
// read.
func perLine(page []byte) []byte {
	return append(adjacent.ReplaceAll(page, []byte(">\n$1")), '\n')
}

func TestPagesLookAsTheyDid(t *testing.T) {
	for name, page := range pages() {
		t.Run(name, func(t *testing.T) {
			got := perLine(render(t, page))
			golden := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(golden, got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(got, want) {
				return
			}
			g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
			for i := range min(len(g), len(w)) {
				if !bytes.Equal(g[i], w[i]) {
					t.Fatalf("line %d: got %s, want %s (-update writes it anew)", i+1, g[i], w[i])
				}
			}
			t.Fatalf("got %d lines, want %d (-update writes them anew)", len(g), len(w))
		})
	}
}
