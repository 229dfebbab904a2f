package format_test

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestOtherProgramsReadTheArchives(t *testing.T) {
	nodes := sample()
	nodes["large.log"] = node{content: strings.Repeat("a file whose sizes stand behind it\n", 250_000)}
	nodes["large.bin"] = node{content: noise(8<<20 + 1)}
	for _, name := range archives() {
		b := export(t, name, nil, files(nodes)).bytes
		file := filepath.Join(t.TempDir(), "archive."+name)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		checks := map[string][][]string{
			"zip":     {{"unzip", "-tqq", file}, {"7z", "t", "-bso0", file}},
			"tar.gz":  {{"gzip", "-t", file}, {"pigz", "-t", file}, {"7z", "t", "-bso0", file}},
			"tar.zst": {{"zstd", "-tq", file}},
			"tar":     {{"tar", "-tf", file}, {"7z", "t", "-bso0", file}},
		}
		for _, check := range checks[name] {
			t.Run(check[0]+" finds "+name+" sound", func(t *testing.T) { command(t, check...) })
		}
		unpackers := map[string][]string{"bsdtar": {"bsdtar", "-xpf", file, "-C"}, "python3": {"python3", "-c", unpackWithPython, file}}
		switch name {
		case "zip":
			unpackers["unzip"] = []string{"unzip", "-qq", file, "-d"}
		case "tar.zst":
			unpackers["tar"] = []string{"tar", "-xpf", file, "-C"}
			delete(unpackers, "python3") // knows no Zstandard before 3.14
		default:
			unpackers["tar"] = []string{"tar", "-xpf", file, "-C"}
		}
		for program, args := range unpackers {
			t.Run(program+" unpacks "+name, func(t *testing.T) {
				folder := t.TempDir()
				command(t, append(args, folder)...)
				if program == "python3" && name == "zip" { // it knows neither modes nor links
					compareContents(t, folder, nodes)
					return
				}
				compareTree(t, folder, nodes)
			})
		}
		// From a pipe, where a reader cannot look ahead.
		t.Run("bsdtar unpacks "+name+" as a stream", func(t *testing.T) {
			folder := t.TempDir()
			cmd := program(t, "bsdtar", "-xpf", "-", "-C", folder)
			cmd.Stdin = struct{ io.Reader }{bytes.NewReader(b)}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			compareContents(t, folder, nodes)
		})
	}
}

const unpackWithPython = `
import sys, tarfile, zipfile
if zipfile.is_zipfile(sys.argv[1]):
    z = zipfile.ZipFile(sys.argv[1])
    assert z.testzip() is None
    z.extractall(sys.argv[2])
else:
    tarfile.open(sys.argv[1]).extractall(sys.argv[2], filter="fully_trusted")
`

func compareContents(t *testing.T, folder string, nodes map[string]node) {
	t.Helper()
	for path, n := range nodes {
		if n.mode.IsRegular() {
			got, err := os.ReadFile(filepath.Join(folder, path))
			if err != nil || string(got) != n.content {
				t.Errorf("%q: got %d bytes and %v, want %d", path, len(got), err, len(n.content))
			}
		}
	}
}

func compareTree(t *testing.T, folder string, nodes map[string]node) {
	t.Helper()
	compareContents(t, folder, nodes)
	for path, want := range wanted("tar", nodes) {
		info, err := os.Lstat(filepath.Join(folder, path))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := info.Mode(); got != want.mode {
			t.Errorf("%q: got the mode %v, want %v", path, got, want.mode)
		}
		if want.target != "" {
			if got, err := os.Readlink(filepath.Join(folder, path)); got != want.target || err != nil {
				t.Errorf("%q: got the target %q and %v, want %q", path, got, err, want.target)
			}
		} else if got := info.ModTime(); !got.Equal(want.modTime) && want.modTime.Year() >= 1980 {
			t.Errorf("%q: got the time %v, want %v", path, got.UTC(), want.modTime)
		}
	}
	found := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			found++
		}
		return err
	})
	want := 0
	for _, n := range nodes {
		if !n.mode.IsDir() {
			want++
		}
	}
	if err != nil || found != want {
		t.Errorf("got %d files and %v, want %d", found, err, want)
	}
}

// program returns a command, or skips the test where it is not installed.
func program(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CARRYOUT_TEST_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	return cmd
}

func command(t *testing.T, args ...string) {
	t.Helper()
	if out, err := program(t, args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", args[0], err, out)
	}
}

// programOutput counts the lines that a program prints.
func programOutput(t *testing.T, args []string) (lines int, err error) {
	t.Helper()
	out, err := program(t, args[0], args[1:]...).Output()
	for _, b := range out {
		if b == '\n' {
			lines++
		}
	}
	return lines, err
}
