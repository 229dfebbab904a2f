package demo_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/demo"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/folder"
	"example.org/carryout/jobs/source/sqlite"
)

var little = demo.Size{Files: 200, Bytes: 2_000_000, Orders: 3030}

// listing says of everything in dir what it is, when it was changed and what
// it holds.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		path, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %v", path, info.Mode())
		if path != "." && !strings.HasPrefix(path, ".") && path != "shop.db" {
			fmt.Fprint(&b, " ", info.ModTime().UTC())
		}
		switch info.Mode().Type() {
		case fs.ModeSymlink:
			target, err := os.Readlink(name)
			fmt.Fprintln(&b, " ->", target)
			return err
		case 0:
			content, err := os.ReadFile(name)
			fmt.Fprintf(&b, " %d %x\n", len(content), sha256.Sum256(content))
			return err
		}
		fmt.Fprintln(&b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWritesTheSameBytesEveryTime(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	last := 0.0
	progress := func(done float64) {
		if done < last || done > 1 {
			t.Errorf("got %v done after %v", done, last)
		}
		last = done
	}
	if err := little.Write(t.Context(), one, progress); err != nil {
		t.Fatal(err)
	}
	if last < 0.999 {
		t.Errorf("got %v done at the end, want 1", last)
	}
	if err := little.Write(t.Context(), two, nil); err != nil {
		t.Fatal(err)
	}
	if a, b := listing(t, one), listing(t, two); a != b {
		t.Errorf("got\n%s\nand then\n%s", a, b)
	}
}

func TestWhatIsCompleteIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := little.Write(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "docs", "readme.md")); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	if err := little.Write(t.Context(), dir, func(float64) { t.Error("something was written") }); err != nil {
		t.Fatal(err)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("got\n%s\nwant\n%s", after, before)
	}
}

func TestAnotherSizeIsWrittenAnew(t *testing.T) {
	dir, want := t.TempDir(), t.TempDir()
	smaller := demo.Size{Files: 60, Bytes: 100_000, Orders: 100}
	for _, err := range []error{
		smaller.Write(t.Context(), dir, nil), little.Write(t.Context(), dir, nil), little.Write(t.Context(), want, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := listing(t, dir), listing(t, want); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCancelLeavesNothingHalfDone(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	err := little.Write(ctx, dir, func(done float64) {
		if done > 0.1 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want %v", err, context.Canceled)
	}
	for _, name := range []string{"docs", "shop.db", ".carryout-demo.part"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was left", name)
		}
	}
	if err := little.Write(t.Context(), dir, nil); err != nil {
		t.Errorf("once more: %v", err)
	}
}

func TestWhatIsNotDemoDataIsNotTouched(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "docs", "mine.txt")
	if err := errors.Join(os.Mkdir(filepath.Dir(mine), 0o755), os.WriteFile(mine, []byte("mine"), 0o644)); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	if err := little.Write(t.Context(), dir, nil); err == nil {
		t.Error("somebody's own folder was written to")
	}
	if after := listing(t, dir); after != before {
		t.Errorf("got\n%s\nwant\n%s", after, before)
	}
}

func TestTheSourcesHoldWhatExportsStumbleOver(t *testing.T) {
	dir := t.TempDir()
	if err := little.Write(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	sources := demo.Sources(dir)
	if len(sources) != 2 || sources[0].Name != "docs" || sources[1].Name != "shop" {
		t.Fatalf("got %v", sources)
	}
	checkDocs(t, sources[0].Location)
	checkShop(t, strings.TrimPrefix(sources[1].Location, "sqlite:"))
}

func checkDocs(t *testing.T, location string) {
	src, err := folder.Open(location)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	data, err := src.Open(t.Context(), jobs.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	plan, err := data.Files.Plan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var files, empty, links int
	for _, e := range plan.Entries {
		switch {
		case e.Mode.IsRegular():
			files++
			if e.Size == 0 {
				empty++
			}
		case e.Target != "":
			links++
		}
		if e.ModTime.After(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: got the time %v, want a fixed one", e.Path, e.ModTime)
		}
	}
	if len(plan.Warnings) != 0 || files+links+2 != little.Files || empty == 0 || links != 2 {
		t.Errorf("got %d warnings, %d files, of which %d empty, and %d links", len(plan.Warnings), files, empty, links)
	}
	if plan.Bytes < little.Bytes/2 || plan.Bytes > little.Bytes*2 {
		t.Errorf("got %d bytes, want about %d", plan.Bytes, little.Bytes)
	}
}

func checkShop(t *testing.T, file string) {
	src, err := sqlite.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for _, table := range []string{"orders", "order_totals"} {
		data, err := src.Open(t.Context(), jobs.Spec{Table: table, Columns: []string{"id", "note"}})
		if err != nil {
			t.Fatal(err)
		}
		defer data.Close()
		var rows, null, empty, hard int
		err = data.Rows.Each(t.Context(), source.Start, func(_ source.Position, row []source.Value) error {
			rows++
			if row[0] != int64(rows) {
				return fmt.Errorf("got order %v in place %d", row[0], rows)
			}
			switch note, _ := row[1].(string); {
			case row[1] == nil:
				null++
			case note == "":
				empty++
			case strings.ContainsAny(note, "\"\n,"):
				hard++
			}
			return nil
		})
		if err != nil || rows != little.Orders || null == 0 || empty == 0 || hard == 0 {
			t.Errorf("%s: got %d rows, %d NULL, %d empty, %d with quotes, commas or line breaks, error %v",
				table, rows, null, empty, hard, err)
		}
	}
}
