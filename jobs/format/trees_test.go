package format_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// contents are long enough for every file of a random tree.
var contents = sync.OnceValue(func() []string {
	const n = 3 << 20
	return []string{prose(600_000)[:n], noise(n), strings.Repeat("\x00", n), strings.Repeat("a line of a log\n", n/16)}
})

// randomTree makes a tree with whatever trees can have. The names of one that
// is wild suit no system but the source's, or are changed by the programs that
// unpack them, as bsdtar does with accents that are characters of their own.
func randomTree(r *rand.Rand, wild bool) map[string]node {
	nodes := map[string]node{}
	folders, taken := []string{""}, map[string]bool{}
	for range 4 + r.IntN(40) {
		path := folders[r.IntN(len(folders))] + randomName(r, wild)
		if taken[path] || len(path) > 1500 {
			continue
		}
		taken[path] = true
		at := time.Unix(315_532_800+r.Int64N(80*365*86_400), r.Int64N(1e9))
		mode := fs.FileMode(r.IntN(0o1000)) | 0o400
		switch r.IntN(10) {
		case 0, 1, 2:
			folders = append(folders, path+"/")
			nodes[path] = node{mode: fs.ModeDir | mode, modTime: at}
		case 3:
			deep := path + strings.Repeat("/down", 20+r.IntN(60)) + "/" // whose folders are no entries
			folders = append(folders, deep)
			nodes[deep+"at the bottom"] = node{mode: mode, modTime: at, content: path}
		case 4:
			nodes[path] = node{mode: fs.ModeSymlink | 0o777, modTime: at, target: randomTarget(r, wild)}
		default:
			nodes[path] = node{mode: mode, modTime: at, content: randomContent(r)}
		}
	}
	return nodes
}

func randomName(r *rand.Rand, wild bool) string {
	stems := []string{"a", "A", "b", "file", "File", "-rf", " space", "two words", "quote'\"s", "Ünïcödé", "é", "日本語", "🚚", "$HOME", "#", "100%", "[x]", "{y}", "~", ".hidden", "EXPORT-REPORT.txt", strings.Repeat("long", 55)}
	if wild {
		stems = append(stems, "e\u0301", "con", "NUL", "Aux.c", "com1", "a:b", "c:", "what?", "*", "tab\t", "line\nbreak", "\x01", "\xff", "\xe6\x97", `back\slash`, "%xFF", "%x5C", "dot.", "space ", "...", "<", "|", "\u202e", "file~", "ß", "SS", strings.Repeat("ü", 127)+"\xff")
	}
	name := stems[r.IntN(len(stems))]
	switch r.IntN(4) {
	case 0:
		name += fmt.Sprint(r.IntN(100))
	case 1:
		name += []string{".txt", ".TXT", ".jpg", ".tar.gz", "."[:0]}[r.IntN(5)]
	}
	return name
}

func randomTarget(r *rand.Rand, wild bool) string {
	return strings.Repeat("../", r.IntN(4)) + randomName(r, wild) + []string{"", "/" + randomName(r, wild), "/."}[r.IntN(3)]
}

func randomContent(r *rand.Rand) string {
	sizes := []int{0, 0, 1, 10, 100, 511, 512, 513, 4096, 65_535, 65_536, 65_537, 256 << 10, 384<<10 + 1, 1<<20 - 1, 1 << 20, 1<<20 + 1, 2 << 20, 5<<19 + 7}
	all := contents()[r.IntN(len(contents()))]
	n := sizes[r.IntN(len(sizes))]
	from := r.IntN(len(all) - n)
	return all[from : from+n]
}

func TestRandomTreesAreReadByEveryProgram(t *testing.T) {
	for seed := range randomTrees {
		nodes := randomTree(rand.New(rand.NewPCG(seed, 0)), false)
		for _, name := range archives() {
			b := export(t, name, map[string]string{"names": "exact"}, files(nodes)).bytes
			t.Run(fmt.Sprintf("%s of seed %d", name, seed), func(t *testing.T) {
				got, _ := unpack(t, name, b)
				compare(t, got, wanted(name, nodes))
				if name == "zip" {
					checkZip(t, bytes.NewReader(b), int64(len(b)))
				}
				file := filepath.Join(t.TempDir(), "archive."+name)
				if err := os.WriteFile(file, b, 0o600); err != nil {
					t.Fatal(err)
				}
				for _, args := range tests(name, file) {
					command(t, args...)
				}
				for _, args := range unpackers(name, file) {
					folder := t.TempDir()
					command(t, append(args, folder)...)
					compareTree(t, folder, nodes)
				}
				if name != "tar.zst" { // which Python knows since 3.14
					compare(t, readByPython(t, file), summed(wanted(name, nodes)))
				}
			})
		}
	}
}

// tests are the programs that say whether a file is sound.
func tests(name, file string) [][]string {
	switch name {
	case "zip":
		return [][]string{{"unzip", "-tqq", file}, {"7z", "t", "-bso0", file}}
	case "tar.gz":
		return [][]string{{"gzip", "-t", file}, {"7z", "t", "-bso0", file}}
	case "tar.zst":
		return [][]string{{"zstd", "-tq", file}}
	}
	return [][]string{{"7z", "t", "-bso0", file}}
}

// unpackers are the programs that unpack a file into the folder that comes
// last.
func unpackers(name, file string) [][]string {
	bsdtar := []string{"bsdtar", "-xpf", file, "-C"}
	if name == "zip" {
		return [][]string{bsdtar, {"unzip", "-qq", file, "-d"}}
	}
	return [][]string{bsdtar, {"tar", "-xpf", file, "-C"}}
}

// summed returns items with digests of their contents.
func summed(items map[string]item) map[string]item {
	for path, i := range items {
		if i.mode.IsRegular() {
			sum := sha256.Sum256([]byte(i.content))
			i.content = hex.EncodeToString(sum[:])
			items[path] = i
		}
	}
	return items
}

// readByPython returns what Python's tarfile or zipfile finds, summed. The
// latter knows no time zones, so the times are those of the extra field.
func readByPython(t *testing.T, file string) map[string]item {
	t.Helper()
	out, err := program(t, "python3", "-c", listWithPython, file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Name, Sum, Target string
		Mode              uint32
		Time              int64
	}
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	items := map[string]item{}
	for _, e := range list {
		i := item{mode: fs.FileMode(e.Mode & 0o777), content: e.Sum, target: e.Target, modTime: time.Unix(e.Time, 0).UTC()}
		switch e.Mode >> 12 {
		case 4:
			i.mode |= fs.ModeDir
			e.Name = strings.TrimSuffix(e.Name, "/") + "/" // tarfile takes it away
		case 10:
			i.mode |= fs.ModeSymlink
		}
		if _, twice := items[e.Name]; twice {
			t.Errorf("python3: %q is there twice", e.Name)
		}
		items[e.Name] = i
	}
	return items
}

const listWithPython = `
import sys, json, hashlib, struct, tarfile, zipfile
def entry(name, mode, time, content, target):
    return dict(name=name, mode=mode, time=time, sum=hashlib.sha256(content).hexdigest() if mode >> 12 == 8 else "", target=target)
all = []
if zipfile.is_zipfile(sys.argv[1]):
    z = zipfile.ZipFile(sys.argv[1])
    assert z.testzip() is None
    for i in z.infolist():
        mode, content = i.external_attr >> 16, z.read(i)
        tag, size, flags, time = struct.unpack("<HHBL", i.extra[-9:])
        assert tag == 0x5455 and size == 5 and flags == 1, i.extra
        all.append(entry(i.filename, mode, time, content, content.decode() if mode >> 12 == 10 else ""))
else:
    t = tarfile.open(sys.argv[1])
    for i in t:
        kind = 4 if i.isdir() else 10 if i.issym() else 8
        all.append(entry(i.name, kind << 12 | i.mode, int(i.mtime), t.extractfile(i).read() if kind == 8 else b"", i.linkname))
json.dump(all, sys.stdout)
`

// FuzzAnyTreeIsReadAsItWas reads what became of a random tree with Go's
// readers. The names of the tree may be ones that no other system takes.
func FuzzAnyTreeIsReadAsItWas(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, seed%2 == 0, byte(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, wild bool, which byte) {
		nodes := randomTree(rand.New(rand.NewPCG(seed, 1)), wild)
		name := archives()[int(which)%4]
		if !wild {
			got, _ := unpack(t, name, export(t, name, map[string]string{"names": "exact"}, files(nodes)).bytes)
			compare(t, got, wanted(name, nodes))
			return
		}
		r := export(t, name, map[string]string{"names": "portable"}, files(nodes))
		got, order := unpack(t, name, r.bytes)
		if name == "zip" {
			checkZip(t, bytes.NewReader(r.bytes), int64(len(r.bytes)))
		}
		if len(r.codes()) > 0 {
			order = order[:len(order)-1] // without the report
		}
		if len(order) != len(nodes) {
			t.Fatalf("got %d entries, want %d", len(order), len(nodes))
		}
		// Entries are in the order of the plan, whatever they are called.
		plan, err := tree{nodes: nodes}.Plan(t.Context(), func(int64, int64) {})
		if err != nil {
			t.Fatal(err)
		}
		folded := map[string]string{}
		for i, name := range order {
			want, i := nodes[plan.Entries[i].Path], got[name]
			if i.content != want.content || i.mode.Type() != want.mode.Type() {
				t.Errorf("%q: got %d bytes of type %v, want %d of %v", name, len(i.content), i.mode.Type(), len(want.content), want.mode.Type())
			}
			portable := strings.ToUpper(strings.TrimSuffix(name, "/"))
			if other, twice := folded[portable]; twice {
				t.Errorf("got both %q and %q", other, name)
			}
			folded[portable] = name
			for part := range strings.SplitSeq(portable, "/") {
				if part == "" || len(part) > 260 || !utf8.ValidString(part) || strings.ContainsAny(part, "<>:\"|?*\\\n\t\x01") || strings.TrimRight(part, ". ") != part {
					t.Errorf("got the name %q", name)
				}
			}
		}
	})
}
