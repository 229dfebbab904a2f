package format_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
		{"C:", "C%x3A", "C%x3A"},
		{"c:/windows", "c%x3A/windows", "c%x3A/windows"},
		{"sub/c:", "sub/c:", "sub/c:"},
		{"12:00", "12:00", "12:00"},
		{"line\nbreak", "line\nbreak", "line\nbreak"},
		{"...", "...", "..."},
		{"CON", "CON", "CON"},
		{strings.Repeat("n", 10_000), strings.Repeat("n", 10_000), strings.Repeat("n", 10_000)},
	} {
		for _, name := range archives() {
			want := c.tar
			if name == "zip" {
				want = c.zip
			}
			checkName(t, name, "exact", c.path, want)
		}
	}
}

func TestNamesThatWindowsCannotHoldAreChanged(t *testing.T) {
	long := strings.Repeat("ü", 127)
	for _, c := range []struct{ path, want string }{
		{"plain.txt", "plain.txt"},
		{"Größe/日本語/🚚 carry.txt", "Größe/日本語/🚚 carry.txt"},
		{"12:00 <a|b> \"c\" d? e*.txt", "12%x3A00 %x3Ca%x7Cb%x3E %x22c%x22 d%x3F e%x2A.txt"},
		{`a\b`, "a%x5Cb"},
		{"a\tb\x01", "a%x09b%x01"},
		{"\x7f", "\x7f"},
		{"end.", "end%x2E"},
		{"end ", "end%x20"},
		{"...", "..%x2E"},
		{" start", " start"},
		{".hidden", ".hidden"},
		{"con", "%x63on"},
		{"NUL.tar.gz", "%x4EUL.tar.gz"},
		{"sub/Aux .txt/file", "sub/%x41ux .txt/file"},
		{"COM1", "%x43OM1"},
		{"lpt³.x", "%x6Cpt³.x"},
		{"CONOUT$", "%x43ONOUT$"},
		{"COM10", "COM10"},
		{"contents", "contents"},
		{long, long},
		{long + ":", strings.Repeat("ü", 123) + "~450ffd4c"},
		{"d/" + strings.Repeat("n", 300) + ".txt", "d/" + strings.Repeat("n", 242) + "~6af1f534.txt"},
	} {
		for _, name := range archives() {
			checkName(t, name, "portable", c.path, c.want)
		}
	}
}

// checkName checks what the one file at path is called in an archive, and that
// it is told if it is another name.
func checkName(t *testing.T, format, names, path, want string) {
	t.Helper()
	r := export(t, format, map[string]string{"names": names}, files(map[string]node{path: {content: "x"}}))
	got, order := unpack(t, format, r.bytes)
	if got[want].content != "x" {
		t.Errorf("%s, %s: got %q for %q, want %q", format, names, order, path, want)
	}
	codes := r.codes()
	switch {
	case path == want && (len(order) != 1 || len(codes) != 0):
		t.Errorf("%s, %s: got %d entries and %q for %q, want nothing to be said", format, names, len(order), codes, path)
	case path != want && (len(codes) != 1 || !strings.HasPrefix(codes[0], "renamed ") || !strings.Contains(got["EXPORT-REPORT.txt"].content, "renamed\t")):
		t.Errorf("%s, %s: got %q for %q, want it told as renamed", format, names, codes, path)
	}
}

func TestNamesThatSomeSystemTakesForTheSameAreToldApart(t *testing.T) {
	nodes := map[string]node{}
	for _, path := range []string{
		"README", "Readme", "readme", // the case
		"caf\u00e9.txt", "cafe\u0301.txt", "CAFÉ.txt", // the accents
		"straße", "STRASSE",
		"dir/a", "Dir/a", // folders that are only in the paths
		"x:", "x%x3A", // what an escape could collide with
	} {
		nodes[path] = node{content: path}
	}
	for _, name := range archives() {
		r := export(t, name, map[string]string{"names": "portable"}, files(nodes))
		got, order := unpack(t, name, r.bytes)
		content := map[string]string{}
		folded := map[string]string{}
		for _, path := range order {
			content[got[path].content] = path
			key := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(path, "e\u0301", "é"), "ß", "ss"))
			if other, twice := folded[key]; twice {
				t.Errorf("%s: got both %q and %q", name, other, path)
			}
			folded[key] = path
		}
		for path := range nodes {
			if content[path] == "" {
				t.Errorf("%s: %q is missing among %q", name, path, order)
			}
		}
		for path, want := range map[string]string{"README": "README", "Dir/a": "Dir/a", "readme": "readme~9de5f1d3", "CAFÉ.txt": "CAFÉ.txt"} {
			if content[path] != want {
				t.Errorf("%s: got %q for %q, want %q", name, content[path], path, want)
			}
		}
		if codes := r.codes(); len(codes) != 2 { // for six and for two
			t.Errorf("%s: got the warnings %q, want one for each reason", name, codes)
		}
	}
	delete(nodes, "Readme")
	delete(nodes, "straße")
	r := export(t, "zip", nil, files(nodes))
	if got, order := unpack(t, "zip", r.bytes); got["readme~9de5f1d3"].content != "readme" {
		t.Errorf("got %q, want the same name though fewer others are selected", order)
	}
}

func TestManyChangedNamesAreOneWarningAndManyLines(t *testing.T) {
	nodes := map[string]node{"ok": {content: "x"}, "\xff": {content: "x"}}
	for i := range 300 {
		nodes[fmt.Sprintf("at %03d:00", i)] = node{content: "x"}
	}
	r := export(t, "zip", nil, files(nodes))
	w := r.meter.Warnings()
	if len(w) != 2 || w[0].Count != 300 || w[0].Path != "at 000:00" || w[1].Count != 0 || w[1].Path != "\xff" {
		t.Errorf("got %+v, want one for 300 names and one for one", w)
	}
	got, _ := unpack(t, "zip", r.bytes)
	if n := strings.Count(got["EXPORT-REPORT.txt"].content, "\nrenamed\t"); n != 301 {
		t.Errorf("got %d lines in the report, want 301", n)
	}
}

func TestLinksLeadToWhatIsCalledOtherwise(t *testing.T) {
	link := func(target string) node { return node{mode: fs.ModeSymlink | 0o777, target: target} }
	nodes := map[string]node{
		"a:b/file?":      {content: "x"},
		"a:b/near":       link("file?"),
		"a:b/up":         link("../a:b/./file?"),
		"far/there":      link("../a:b/file?"),
		"far/outside":    link("../../a:b/file?"),
		"far/absolute":   link("/a:b/file?"),
		"far/latin":      link("../\xe4/%xE4"),
		"far/nowhere:no": link("."),
	}
	for _, name := range archives() {
		r := export(t, name, map[string]string{"names": "portable"}, files(nodes))
		got, order := unpack(t, name, r.bytes)
		for path, want := range map[string]string{
			"a%x3Ab/near": "file%x3F", "a%x3Ab/up": "../a%x3Ab/./file%x3F", "far/there": "../a%x3Ab/file%x3F",
			"far/outside": "../../a:b/file?", "far/absolute": "/a:b/file?", "far/latin": "../%xE4/%x25xE4", "far/nowhere%x3Ano": ".",
		} {
			if got[path].target != want {
				t.Errorf("%s: got %q at %q of %q, want %q", name, got[path].target, path, order, want)
			}
		}
		if codes := r.codes(); !slices.Equal(codes, []string{"renamed a:b", "renamed far/latin"}) {
			t.Errorf("%s: got the warnings %q", name, codes)
		}
	}
}

func TestLinksAreLeftOutIfThatIsAskedFor(t *testing.T) {
	for _, name := range archives() {
		r := export(t, name, map[string]string{"links": "skip"}, files(sample()))
		got, _ := unpack(t, name, r.bytes)
		want := wanted(name, sample())
		delete(want, "a/link")
		delete(want, "a/nowhere")
		report := got["EXPORT-REPORT.txt"].content
		delete(got, "EXPORT-REPORT.txt")
		compare(t, got, want)
		if codes := r.codes(); !slices.Equal(codes, []string{"link a/link"}) || r.meter.Warnings()[0].Count != 2 {
			t.Errorf("%s: got the warnings %q, want one for two links", name, codes)
		}
		if !strings.Contains(report, "\nlink\ta/link\t") || !strings.Contains(report, "\nlink\ta/nowhere\t") {
			t.Errorf("%s: got the report\n%s\nwant both links in it", name, report)
		}
		checkDone(t, r)
	}
}

func FuzzNamesNeverCollide(f *testing.F) {
	f.Add("a\xff", "a%xFF")
	f.Add("a%x25xFF", "a%xFF")
	f.Add("%%xFF", "%\xff")
	f.Add(`a\b`, "a%x5Cb")
	f.Add("A", "a")
	f.Add("a:", "A%x3a")
	f.Add("é", "e\u0301")
	f.Add(strings.Repeat("a", 300), strings.Repeat("a", 301))
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = plausible(a), plausible(b)
		if a == b {
			return
		}
		for _, names := range []string{"exact", "portable"} {
			r := export(t, "zip", map[string]string{"level": "store", "names": names}, files(map[string]node{a: {content: "a"}, b: {content: "b"}}))
			got, order := unpack(t, "zip", r.bytes)
			delete(got, "EXPORT-REPORT.txt")
			if len(got) != 2 {
				t.Fatalf("%s: got %q for %q and %q", names, order, a, b)
			}
			for _, name := range order[:2] {
				if !utf8.ValidString(name) || strings.ContainsAny(name, `\`) {
					t.Errorf("%s: got the name %q", names, name)
				}
				if names == "portable" && (len(name) > 255 || strings.ContainsAny(name, "<>:\"|?*\n\t\r") || strings.TrimRight(name, ". ") != name) {
					t.Errorf("got the name %q, which Windows cannot hold", name)
				}
			}
			if names == "portable" && strings.EqualFold(order[0], order[1]) {
				t.Errorf("got %q, which differ in case alone", order)
			}
		}
	})
}

// plausible makes what a source could have out of any text.
func plausible(path string) string {
	return "p" + strings.Trim(strings.NewReplacer("\x00", "", "/", "").Replace(path), ".")
}

func TestANameThatIsTooLongIsLeftOutAndSaid(t *testing.T) {
	path := strings.Repeat(strings.Repeat("n", 200)+"/", 400) + "end"
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

func TestAZipHoldsMoreThan65534Entries(t *testing.T) {
	// From 65,535 on the number is one of ZIP64's.
	nodes := make(map[string]node, 65_536)
	for n := range 65_536 {
		nodes[fmt.Sprintf("%02x/%05d", n%256, n)] = node{content: fmt.Sprint(n)}
		if n+1 < 65_534 {
			continue
		}
		b := export(t, "zip", map[string]string{"level": "store"}, files(nodes)).bytes
		if got := checkZip(t, bytes.NewReader(b), int64(len(b))); got != int64(n+1) {
			t.Errorf("got %d entries, want %d", got, n+1)
		}
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil || len(z.File) != n+1 {
			t.Fatalf("got %v and another number of entries, want %d", err, n+1)
		}
		if n+1 != 65_535 {
			continue
		}
		file := filepath.Join(t.TempDir(), "many.zip")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := program(t, "python3", "-c", "import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).infolist()))", file).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != fmt.Sprint(n+1) {
			t.Errorf("python3: got %s entries and %v, want %d", got, err, n+1)
		}
		if lines, err := programOutput(t, []string{"bsdtar", "-tf", file}); err != nil || lines != n+1 {
			t.Errorf("bsdtar: got %d entries and %v, want %d", lines, err, n+1)
		}
		command(t, "unzip", "-tqq", file)
	}
}

func TestAnEmptySourceIsAnEmptyArchive(t *testing.T) {
	for _, name := range archives() {
		if got, _ := unpack(t, name, export(t, name, nil, files(nil)).bytes); len(got) != 0 {
			t.Errorf("%s: got %v, want nothing", name, got)
		}
	}
}
