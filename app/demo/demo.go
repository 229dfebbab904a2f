// Package demo writes data to try Carryout with: a folder of documents and the
// database of a shop.
//
// All of it is made up, from seeds and fixed times, so it is the same bytes on
// every machine and on every run. It holds what exports stumble over: empty
// files and folders, links, names in many scripts, text with quotes, commas and
// line breaks, NULL beside the empty string, numbers that are not exact.
//
// What is written has another name until it is whole. A file of its own marks
// the folder as demo data and says whether it is complete: what bears no mark
// is never touched. One program writes at a time.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"
)

// version counts the changes of what is written, so that older data is written
// anew.
const version = 1

const (
	markName = ".carryout-demo"
	partName = ".carryout-demo.part"
	docsName = "docs"
	shopName = "shop.db"
)

// A Size is how much is written.
type Size struct {
	Files  int   // in the folder
	Bytes  int64 // in all files together, more or less
	Orders int   // in the shop; there are fewer customers and products
}

// Full is the size of what Write writes: 200 MB in 5,000 files, and two
// million orders.
func Full() Size { return Size{Files: 5000, Bytes: 200e6, Orders: 2_000_000} }

// A Source is one part of the data, as it is given to the server.
type Source struct {
	Name     string
	Location string // a folder, or "sqlite:" and a file
}

// Sources returns what Write has written to dir.
func Sources(dir string) []Source {
	return []Source{
		{"docs", filepath.Join(dir, docsName)},
		{"shop", "sqlite:" + filepath.Join(dir, shopName)},
	}
}

// Write writes the demo data to dir, which it makes. It returns at once if the
// data is there already, and leaves nothing half done if ctx ends. progress, if
// not nil, is told how much is done, from 0 to 1, by one goroutine at a time.
func Write(ctx context.Context, dir string, progress func(done float64)) error {
	return Full().Write(ctx, dir, progress)
}

// Write is the function Write for another size.
func (s Size) Write(ctx context.Context, dir string, progress func(done float64)) error {
	dir, err := filepath.Abs(dir) // the database is named by a URI, in which a relative path is none
	if err != nil {
		return fmt.Errorf("locating the folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	complete, err := s.begin(dir)
	if err != nil || complete {
		return err
	}
	part := filepath.Join(dir, partName)
	err = s.fill(ctx, part, progress)
	if err == nil {
		err = s.finish(dir, part)
	}
	return errors.Join(err, os.RemoveAll(part))
}

// begin marks dir, and reports whether the data is there already.
func (s Size) begin(dir string) (complete bool, err error) {
	mark, err := os.ReadFile(filepath.Join(dir, markName))
	switch {
	case err == nil && string(mark) == s.mark("complete"):
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		if name, taken := inTheWay(dir); taken {
			return false, fmt.Errorf("%s is in the way, and is no demo data", name)
		}
	case err != nil:
		return false, fmt.Errorf("looking for demo data: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, markName), []byte(s.mark("incomplete")), 0o644); err != nil {
		return false, fmt.Errorf("marking the folder: %w", err)
	}
	for _, name := range []string{docsName, shopName, partName} { // all of them ours, as the mark says
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return false, fmt.Errorf("removing older data: %w", err)
		}
	}
	return false, nil
}

func inTheWay(dir string) (name string, taken bool) {
	for _, name := range []string{docsName, shopName, partName} {
		name = filepath.Join(dir, name)
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return name, true
		}
	}
	return "", false
}

// mark is what the mark says of data of this size and version.
func (s Size) mark(state string) string {
	return fmt.Sprintf("Carryout demo data, version %d, %d files, %d bytes, %d orders: %s\n",
		version, s.Files, s.Bytes, s.Orders, state)
}

// fill writes both parts at the same time, and waits for both.
func (s Size) fill(ctx context.Context, part string, progress func(float64)) error {
	if err := os.Mkdir(part, 0o755); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	b := &bar{progress: progress}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return writeDocs(ctx, filepath.Join(part, docsName), s, b.part(0.3)) })
	g.Go(func() error { return writeShop(ctx, filepath.Join(part, shopName), s, b.part(0.7)) })
	return g.Wait()
}

// finish gives what is whole its names. The mark comes last.
func (s Size) finish(dir, part string) error {
	for _, name := range []string{docsName, shopName} {
		if err := os.Rename(filepath.Join(part, name), filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("naming what was written: %w", err)
		}
	}
	mark := filepath.Join(part, markName)
	if err := os.WriteFile(mark, []byte(s.mark("complete")), 0o644); err != nil {
		return fmt.Errorf("marking the data as complete: %w", err)
	}
	if err := os.Rename(mark, filepath.Join(dir, markName)); err != nil {
		return fmt.Errorf("marking the data as complete: %w", err)
	}
	return nil
}

// A bar adds up how far the parts of the work have come.
type bar struct {
	progress func(float64)

	mu   sync.Mutex
	done float64
}

// part returns what one part of the work, of the given weight, is to call with
// how far it has come itself, from 0 to 1.
func (b *bar) part(weight float64) func(done float64) {
	var before float64
	return func(done float64) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.done += weight * (done - before)
		before = done
		if b.progress != nil {
			b.progress(min(b.done, 1))
		}
	}
}
