//go:build long

package format_test

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source/folder"
)

// exportFolder exports a folder of the disk into a file of the disk.
func exportFolder(t *testing.T, name, level, root string) (path string) {
	t.Helper()
	src, err := folder.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	data, err := src.Open(t.Context(), jobs.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	place := t.TempDir()
	store, err := dir.New(place)
	if err != nil {
		t.Fatal(err)
	}
	const id jobs.ID = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	staged, err := store.Stage(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := artifact.NewWriter(staged)
	f := find(t, name)
	o := map[string]string{}
	if f.Has("level") {
		o["level"] = level
	}
	m := &meter.Meter{}
	if err := do(t.Context(), f, format.Task{Out: out, Meter: m, Options: f.Complete(o), Workers: 2}, data); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	if w := m.Warnings(); len(w) > 0 {
		t.Errorf("got the warnings %v", w)
	}
	return filepath.Join(place, "ready", string(id))
}

func TestAFileOfFiveGigabytesIsReadByAll(t *testing.T) {
	root := t.TempDir()
	const size = 5 << 30
	large, err := os.Create(filepath.Join(root, "large"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at      int64
		content string
	}{{0, "begin"}, {1<<32 - 2, "across"}, {size - 3, "end"}} {
		if _, err := large.WriteAt([]byte(c.content), c.at); err != nil {
			t.Fatal(err)
		}
	}
	if err := large.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "later"), []byte("behind 4 GiB\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, level string }{{"zip", "store"}, {"zip", "fastest"}, {"tar", ""}} { // the others wrap a tar
		t.Run(c.name+" "+c.level, func(t *testing.T) {
			file := exportFolder(t, c.name, c.level, root)
			list := "bsdtar -xOf " + file + " later"
			switch c.name {
			case "zip":
				command(t, "unzip", "-tqq", file)
				command(t, "7z", "t", "-bso0", file)
				command(t, "python3", "-c", "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; assert [i.file_size for i in z.infolist()] == [5 << 30, 13]", file)
				list += "; unzip -p " + file + " later; bsdtar -xOf - later < " + file
				checkLarge(t, file, size)
			case "tar":
				command(t, "python3", "-c", "import sys, tarfile; assert [i.size for i in tarfile.open(sys.argv[1])] == [5 << 30, 13]", file)
				list += "; tar -xOf " + file + " later"
			}
			out, err := program(t, "sh", "-ec", "{ "+list+"; } | sort -u").CombinedOutput()
			if err != nil || string(out) != "behind 4 GiB\n" {
				t.Errorf("got %q and %v", out, err)
			}
		})
	}
}

// checkLarge lets package archive/zip read the file.
func checkLarge(t *testing.T, file string, size uint64) {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close() // only read
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	checkZip(t, f, info.Size()) // the offset of the second entry alone is in 64 bits
	if got := z.File[0].UncompressedSize64; got != size {
		t.Errorf("got %d bytes, want %d", got, size)
	}
	r, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil { // checks the CRC
		t.Error(err)
	}
}

func TestTwoHundredThousandFilesAreReadByAll(t *testing.T) {
	root := t.TempDir()
	const n = 200_000
	for i := range n {
		folder := filepath.Join(root, fmt.Sprintf("%03d", i%500))
		if i < 500 {
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%06d.txt", i)), fmt.Appendf(nil, "the file %d\n", i), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range archives() {
		file := exportFolder(t, name, "default", root)
		count := map[string][]string{"bsdtar": {"bsdtar", "-tf", file}}
		if name == "zip" {
			command(t, "unzip", "-tqq", file)
			command(t, "7z", "t", "-bso0", file)
			count["unzip"] = []string{"unzip", "-Z1", file}
			count["python3"] = []string{"python3", "-c", "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(*z.namelist(), sep='\\n')", file}
		} else {
			count["tar"] = []string{"tar", "-tf", file}
		}
		for program, args := range count {
			out, err := programOutput(t, args)
			if err != nil || out != n+500 {
				t.Errorf("%s, %s: got %d names and %v, want %d", name, program, out, err, n+500)
			}
		}
	}
}
