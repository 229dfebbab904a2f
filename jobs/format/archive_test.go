package format_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"example.org/carryout/jobs/source"
)

func archives() []string   { return []string{"zip", "tar.gz", "tar.zst", "tar"} }
func compressed() []string { return []string{"zip", "tar.gz", "tar.zst"} }
func levels() []string     { return []string{"fastest", "default", "smallest", "store"} }

// item is what a reader finds in an archive.
type item struct {
	mode    fs.FileMode
	content string
	target  string
	modTime time.Time
}

// unpack reads an archive as Go's own readers do. Folders end with a slash.
func unpack(t *testing.T, name string, b []byte) (items map[string]item, order []string) {
	t.Helper()
	items = map[string]item{}
	add := func(name string, i item) {
		if _, twice := items[name]; twice {
			t.Errorf("%q is there twice", name)
		}
		items[name] = i
		order = append(order, name)
	}
	if name == "zip" {
		unzip(t, b, add)
	} else {
		untar(t, decompress(t, name, b), add)
	}
	return items, order
}

func decompress(t *testing.T, name string, b []byte) io.Reader {
	t.Helper()
	if name == "tar" {
		return bytes.NewReader(b)
	}
	if name == "tar.gz" {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if h := z.Header; h.Name != "" || h.Comment != "" || len(h.Extra) > 0 || !h.ModTime.IsZero() {
			t.Errorf("got %+v in the header of gzip, want nothing", h)
		}
		return z
	}
	z, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(z.Close)
	return z
}

func untar(t *testing.T, r io.Reader, add func(string, item)) {
	t.Helper()
	archive := tar.NewReader(r)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" {
			t.Errorf("%q belongs to somebody: %+v", h.Name, h)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		add(h.Name, item{h.FileInfo().Mode(), string(content), h.Linkname, h.ModTime.UTC()})
	}
	if rest, err := io.ReadAll(r); err != nil || len(bytes.Trim(rest, "\x00")) > 0 {
		t.Errorf("got %d bytes and %v after the archive", len(rest), err)
	}
}

func unzip(t *testing.T, b []byte, add func(string, item)) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r) // checks the CRC
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		i := item{mode: f.Mode(), content: string(content), modTime: f.Modified.UTC()}
		if i.mode&fs.ModeSymlink != 0 {
			i.content, i.target = "", i.content
		}
		add(f.Name, i)
		if got := f.Flags&0x800 != 0; got == isASCII(f.Name) {
			t.Errorf("%q: got the flag for UTF-8 %t, want %t", f.Name, got, !got)
		}
		if f.UncompressedSize64 < 4<<20 && f.Flags&8 != 0 {
			t.Errorf("%q has only %d bytes, and yet its sizes stand after it", f.Name, f.UncompressedSize64)
		}
		if f.Method == zip.Store && f.Flags&8 != 0 {
			t.Errorf("%q is stored with its size after it", f.Name)
		}
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// sample is a tree with something of everything.
func sample() map[string]node {
	return map[string]node{
		"a":                          {mode: fs.ModeDir | 0o750},
		"a/empty":                    {mode: fs.ModeDir | 0o555},
		"a/nothing.txt":              {},
		"a/short.txt":                {content: "short\n", mode: 0o600},
		"a/run.sh":                   {content: "#!/bin/sh\n", mode: 0o755 | fs.ModeSetuid},
		"a/link":                     {mode: fs.ModeSymlink | 0o777, target: "short.txt"},
		"a/nowhere":                  {mode: fs.ModeSymlink | 0o777, target: "../../outside"},
		"a/text.log":                 {content: strings.Repeat("the same line of a log, again and again\n", 4000)},
		"a/noise.bin":                {content: noise(300_000)},
		"big/text.log":               {content: strings.Repeat("a longer log, which does not fit into memory\n", 28_000)},
		"big/noise.bin":              {content: noise(1_300_000)},
		"big/zeros":                  {content: strings.Repeat("\x00", 1<<20+1)},
		"big/exactly":                {content: noise(1 << 20)},
		"Übergrößen/日本語/🚚 carry.txt": {content: "names"},
		strings.Repeat("deep/", 60) + "bottom.txt": {content: "deep"},
		strings.Repeat("long", 62) + ".txt":        {content: "long"},
		"old.txt":                                  {content: "x", modTime: time.Date(1961, 4, 12, 6, 7, 0, 0, time.UTC)},
		"new.txt":                                  {content: "x", modTime: time.Date(2061, 7, 28, 1, 2, 3, 999, time.FixedZone("", 3600))},
	}
}

// wanted is what an archive of those nodes holds.
func wanted(name string, nodes map[string]node) map[string]item {
	items := map[string]item{}
	for path, n := range nodes {
		i := item{mode: n.mode&^fs.ModeSetuid | 0o400, content: n.content, target: n.target, modTime: n.modTime}
		if n.mode == 0 {
			i.mode = 0o644
		}
		if i.mode.IsDir() {
			path, i.mode = path+"/", i.mode|0o700
		}
		if i.modTime.IsZero() {
			i.modTime = someDay
		}
		i.modTime = i.modTime.Truncate(time.Second).UTC()
		if name == "zip" && i.modTime.Year() < 1980 {
			i.modTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		items[path] = i
	}
	return items
}

func compare(t *testing.T, got, want map[string]item) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		g, ok := got[name]
		w := want[name]
		switch {
		case !ok:
			t.Errorf("%q is missing", name)
		case g.content != w.content:
			t.Errorf("%q: got %d bytes, want %d, and the same ones", name, len(g.content), len(w.content))
		case g.mode != w.mode || g.target != w.target || !g.modTime.Equal(w.modTime):
			t.Errorf("%q: got %v %q %v, want %v %q %v", name, g.mode, g.target, g.modTime, w.mode, w.target, w.modTime)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("got %q, which was not in the source", name)
		}
	}
}

func TestArchivesHoldWhatTheSourceHas(t *testing.T) {
	nodes := sample()
	for _, name := range archives() {
		for _, level := range levels() {
			t.Run(name+" "+level, func(t *testing.T) {
				r := export(t, name, map[string]string{"level": level}, files(nodes))
				got, order := unpack(t, name, r.bytes)
				compare(t, got, wanted(name, nodes))
				plain := slices.Clone(order)
				for i := range plain {
					plain[i] = strings.TrimSuffix(plain[i], "/")
				}
				if !slices.IsSortedFunc(plain, source.ComparePaths) {
					t.Errorf("got the order %q, want that of the plan", order)
				}
				if codes := r.codes(); len(codes) > 0 {
					t.Errorf("got warnings %q, want none", codes)
				}
			})
		}
	}
}

func TestLevelsAreInTheirOrder(t *testing.T) {
	nodes := map[string]node{"short.txt": {content: prose(20_000)}, "long.txt": {content: prose(190_000)}}
	for _, name := range compressed() {
		var sizes []int
		for _, level := range []string{"store", "fastest", "default", "smallest"} {
			sizes = append(sizes, len(export(t, name, map[string]string{"level": level}, files(nodes)).bytes))
		}
		if !slices.IsSortedFunc(sizes, func(a, b int) int { return b - a }) || sizes[0] < 3*sizes[1]/2 {
			t.Errorf("%s: got the sizes %d, want each level smaller than the one before", name, sizes)
		}
	}
}

func TestWhatDoesNotShrinkTakesNoMoreRoom(t *testing.T) {
	nodes := map[string]node{"a": {content: noise(500_000)}, "b": {content: noise(2_000_000)}}
	for _, name := range archives() {
		if got := len(export(t, name, nil, files(nodes)).bytes); got > 2_503_000 {
			t.Errorf("%s: got %d bytes for 2,500,000 that do not shrink", name, got)
		}
	}
}

func TestSameRequestSameBytes(t *testing.T) {
	for _, name := range archives() {
		first := export(t, name, nil, files(sample())).bytes
		slow := sample()
		for path, n := range slow {
			n.reader = &crumbs{strings.NewReader(n.content), 0}
			slow[path] = n
		}
		if second := export(t, name, nil, files(slow)).bytes; !bytes.Equal(first, second) {
			t.Errorf("%s: a source that gives its bytes in other pieces makes another file", name)
		}
	}
}

// crumbs reads by 1, 2, 3 … bytes, and now and then nothing.
type crumbs struct {
	r io.Reader
	n int
}

func (c *crumbs) Read(p []byte) (int, error) {
	c.n++
	if c.n%100 == 0 {
		return 0, nil
	}
	return c.r.Read(p[:min(len(p), c.n)])
}
