package format_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesThatAnArchiveCannotHoldAreEscaped(t *testing.T) {
	for _, c := range []struct{ path, tar, zip string }{
		{"plain.txt", "plain.txt", "plain.txt"},
		{"100%.txt", "100%.txt", "100%.txt"},
		{"a%20b%C3%A4", "a%20b%C3%A4", "a%20b%C3%A4"},
		{"%x", "%x", "%x"},
		{"%xff", "%xff", "%xff"},
		{"latin-\xe4", "latin-%xE4", "latin-%xE4"},
		{"latin-%xE4", "latin-%x25xE4", "latin-%x25xE4"},
		{"%x\xff", "%x%xFF", "%x%xFF"},
		{"half \xe6\x97", "half %xE6%x97", "half %xE6%x97"},
		{"half \xe6\x97/file", "half %xE6%x97/file", "half %xE6%x97/file"},
		{"\uFFFD", "\uFFFD", "\uFFFD"},
		{`..\..\evil`, `..\..\evil`, "..%x5C..%x5Cevil"},
		{"line\nbreak", "line\nbreak", "line\nbreak"},
		{"...", "...", "..."},
		{strings.Repeat("n", 10_000), strings.Repeat("n", 10_000), strings.Repeat("n", 10_000)},
	} {
		for _, name := range archives() {
			want := c.tar
			if name == "zip" {
				want = c.zip
			}
			r := export(t, name, nil, files(map[string]node{c.path: {content: "x"}}))
			got, order := unpack(t, name, r.bytes)
			if len(order) != 1 || got[want].content != "x" {
				t.Errorf("%s: got %q for %q, want %q", name, order, c.path, want)
			}
		}
	}
}

func FuzzNamesNeverCollide(f *testing.F) {
	f.Add("a\xff", "a%xFF")
	f.Add("a%x25xFF", "a%xFF")
	f.Add("%%xFF", "%\xff")
	f.Add(`a\b`, "a%x5Cb")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = plausible(a), plausible(b)
		if a == b {
			return
		}
		r := export(t, "zip", map[string]string{"level": "store"}, files(map[string]node{a: {content: "a"}, b: {content: "b"}}))
		z, err := zip.NewReader(bytes.NewReader(r.bytes), int64(len(r.bytes)))
		if err != nil {
			t.Fatal(err)
		}
		if len(z.File) != 2 || z.File[0].Name == z.File[1].Name {
			t.Fatalf("got %d files, the first %q, for %q and %q", len(z.File), z.File[0].Name, a, b)
		}
		for _, file := range z.File {
			if !utf8.ValidString(file.Name) || strings.Contains(file.Name, `\`) {
				t.Errorf("got the name %q", file.Name)
			}
		}
	})
}

// plausible makes what a source could have out of any text.
func plausible(path string) string {
	return "p" + strings.Trim(strings.NewReplacer("\x00", "", "/", "").Replace(path), ".")
}

func TestANameThatIsTooLongIsLeftOutAndSaid(t *testing.T) {
	path := strings.Repeat("\xff", 20_000)
	for _, name := range archives() {
		r := export(t, name, nil, files(map[string]node{path: {content: "x"}, "b": {content: "y"}}))
		got, _ := unpack(t, name, r.bytes)
		if len(got) != 2 || got["b"].content != "y" {
			t.Errorf("%s: got %d entries, want the other one and the report", name, len(got))
		}
		if codes := r.codes(); len(codes) != 1 || !strings.HasPrefix(codes[0], "name_too_long ") {
			t.Errorf("%s: got the warnings %.40q", name, codes)
		}
		checkDone(t, r)
	}
}

func TestAZipHoldsMoreThan65535Entries(t *testing.T) {
	nodes := make(map[string]node, 70_000)
	for i := range 70_000 {
		nodes[fmt.Sprintf("%02x/%05d", i%256, i)] = node{content: fmt.Sprint(i)}
	}
	r := export(t, "zip", map[string]string{"level": "fastest"}, files(nodes))
	z, err := zip.NewReader(bytes.NewReader(r.bytes), int64(len(r.bytes)))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != len(nodes) {
		t.Errorf("got %d entries, want %d", len(z.File), len(nodes))
	}
	checkDone(t, r)
}

func TestAnEmptySourceIsAnEmptyArchive(t *testing.T) {
	for _, name := range archives() {
		if got, _ := unpack(t, name, export(t, name, nil, files(nil)).bytes); len(got) != 0 {
			t.Errorf("%s: got %v, want nothing", name, got)
		}
	}
}
