package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
	"golang.org/x/sync/errgroup"

	"example.org/carryout/static"
)

// budget is how many bytes a page may load for its client, with brotli.
const budget = 500_000

// asset is one file that pages load.
type asset struct {
	Name string
	Body []byte
	made bool // not from a source in static, so dist has it uncompressed too
}

type packed struct {
	asset
	brotli, gzip []byte
}

// sources returns the files that package static embeds from their sources.
func sources(dir string) (out []asset, err error) {
	for _, name := range []string{"app.css", "icon.svg", "loader.js"} {
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		out = append(out, asset{Name: name, Body: body})
	}
	return out, nil
}

// compress compresses each file as far as it goes.
func compress(assets []asset) ([]packed, error) {
	out := make([]packed, len(assets))
	var g errgroup.Group
	for i, a := range assets {
		out[i].asset = a
		g.Go(func() (err error) {
			out[i].brotli, err = through(a.Body, func(w io.Writer) (io.WriteCloser, error) {
				return brotli.NewWriterLevel(w, brotli.BestCompression), nil
			})
			return err
		})
		g.Go(func() (err error) {
			out[i].gzip, err = through(a.Body, func(w io.Writer) (io.WriteCloser, error) {
				return gzip.NewWriterLevel(w, gzip.BestCompression)
			})
			return err
		})
	}
	return out, g.Wait()
}

// through returns what a writer makes of body.
func through(body []byte, open func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	var buf bytes.Buffer
	w, err := open(&buf)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// checkBudget adds up what the client costs a page.
func checkBudget(all []packed) error {
	sum := 0
	for _, p := range all {
		switch filepath.Ext(p.Name) {
		case ".wasm", ".js":
			sum += len(p.brotli)
		}
	}
	fmt.Printf("the client of a page: %d of %d bytes with brotli\n", sum, budget)
	if sum > budget {
		return fmt.Errorf("the client has %d bytes with brotli, %d more than it may have", sum, sum-budget)
	}
	return nil
}

// write replaces what dist holds. A file that is there already is left alone,
// so that nothing is built anew for it.
func write(dir string, all []packed) error {
	dist := filepath.Join(dir, "dist")
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	keep := map[string]bool{".gitkeep": true}
	for _, p := range all {
		name := static.Name(p.Name, p.Body)
		forms := map[string][]byte{name + ".br": p.brotli, name + ".gz": p.gzip}
		if p.made {
			forms[name] = p.Body
		}
		for name, body := range forms {
			keep[name] = true
			if err := writeFile(filepath.Join(dist, name), body); err != nil {
				return err
			}
		}
	}
	return sweep(dist, keep)
}

func writeFile(name string, body []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, body) {
		return nil
	}
	return os.WriteFile(name, body, 0o644)
}

// sweep removes what an earlier run has made and this one has not.
func sweep(dist string, keep map[string]bool) error {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if keep[e.Name()] || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if err := os.Remove(filepath.Join(dist, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
