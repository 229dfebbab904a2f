package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func assets() []asset {
	return []asset{
		{Name: "app.css", Body: []byte(strings.Repeat("body { margin: 0 }\n", 99))},
		{Name: "browser.wasm", Body: bytes.Repeat([]byte("\x00asm"), 999), made: true},
	}
}

func mustCompress(t *testing.T, all []asset) []packed {
	t.Helper()
	out, err := compress(all)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// files returns what a folder holds.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(b)
	}
	return out
}

func TestCompressedFilesHoldTheWholeFile(t *testing.T) {
	for _, p := range mustCompress(t, assets()) {
		got, err := io.ReadAll(brotli.NewReader(bytes.NewReader(p.brotli)))
		if err != nil || !bytes.Equal(got, p.Body) {
			t.Errorf("%s, brotli: got %d bytes, %v", p.Name, len(got), err)
		}
		r, err := gzip.NewReader(bytes.NewReader(p.gzip))
		if err != nil {
			t.Fatal(err)
		}
		if got, err = io.ReadAll(r); err != nil || !bytes.Equal(got, p.Body) {
			t.Errorf("%s, gzip: got %d bytes, %v", p.Name, len(got), err)
		}
	}
}

func TestTheSameFilesGiveTheSameBytes(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for _, dir := range []string{one, two} {
		if err := write(dir, mustCompress(t, assets())); err != nil {
			t.Fatal(err)
		}
	}
	if !maps.Equal(files(t, one+"/dist"), files(t, two+"/dist")) {
		t.Error("got other bytes the second time")
	}
}

func TestWriteLeavesNothingOld(t *testing.T) {
	dir := t.TempDir()
	dist := filepath.Join(dir, "dist")
	if err := os.Mkdir(dist, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".gitkeep", "browser.0000000000000000.wasm", "app.0000000000000000.css.br"} {
		if err := os.WriteFile(filepath.Join(dist, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(dir, mustCompress(t, assets())); err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(files(t, dist)))
	for i, name := range got {
		parts := strings.Split(name, ".")
		if len(parts) > 3 || len(parts) == 3 && parts[2] == "wasm" {
			parts[1] = "HASH"
		}
		got[i] = strings.Join(parts, ".")
	}
	want := []string{".gitkeep", "app.HASH.css.br", "app.HASH.css.gz", "browser.HASH.wasm", "browser.HASH.wasm.br", "browser.HASH.wasm.gz"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAClientThatIsTooLargeFails(t *testing.T) {
	noise := make([]byte, budget) // which nothing makes smaller
	r := rand.NewChaCha8([32]byte{})
	r.Read(noise)
	for size, fits := range map[int]bool{budget * 9 / 10: true, budget: false} {
		all := mustCompress(t, []asset{{Name: "browser.wasm", Body: noise[:size]}, {Name: "app.css", Body: noise[:99]}})
		if err := checkBudget(all); (err == nil) != fits {
			t.Errorf("%d bytes: got %v, want it to fit: %v", size, err, fits)
		}
	}
}

func TestAMissingSourceIsAnError(t *testing.T) {
	if _, err := sources(t.TempDir()); err == nil {
		t.Error("got no error")
	}
}
