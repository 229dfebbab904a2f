package demo

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A document is one thing in the folder. What it holds depends on its seed
// alone.
type document struct {
	path   string
	kind   kind   // nil for a folder or a link
	target string // of a link
	size   int    // more or less
	seed   uint64
}

// fixed are the documents that are there whatever the size: those of which
// one is enough.
func fixed() []document {
	docs := []document{
		{path: "readme.md", kind: prose, size: 3000},
		{path: "empty/", kind: nil},
		{path: "empty/nothing here/", kind: nil},
		{path: "empty/0 bytes.txt", kind: prose},
		{path: "empty/0 bytes.csv", kind: table},
		{path: "latest", target: "reports/2026"},
		{path: "photos/cover.jpg", target: "2026/IMG_0001.jpg"},
		{path: "photos/2026/IMG_0001.jpg", kind: noise, size: 80_000},
		{path: "reports/2026/summary.md", kind: prose, size: 9000},
		{path: "contracts/日本/契約書 2026.txt", kind: prose, size: 4000},
		{path: "contracts/Ελλάδα/συμφωνία.txt", kind: prose, size: 4000},
		{path: "contracts/россия/договор № 7.txt", kind: prose, size: 4000},
		{path: "contracts/مصر/عقد.txt", kind: prose, size: 4000},
		{path: "contracts/भारत/अनुबंध.txt", kind: prose, size: 4000},
		{path: "contracts/Île-de-France/Émile “Zoë” Núñez.txt", kind: prose, size: 4000},
		{path: "menus/🥡 to go.json", kind: records, size: 6000},
		{path: "menus/👩‍🍳 & 🍜.json", kind: records, size: 6000},
		{path: "notes/it's 100% \"done\", really.txt", kind: prose, size: 900},
		{path: "notes/-starts with a dash.txt", kind: prose, size: 900},
		{path: "notes/trailing dots...", kind: prose, size: 900},
		{path: "notes/" + strings.Repeat("a long name ", 20) + ".txt", kind: prose, size: 900},
	}
	for i := range docs {
		docs[i].seed = uint64(i)
	}
	return docs
}

// documents lists what is in the folder. Half of the bytes are in a few big
// files, the rest in many small ones.
func documents(s Size) []document {
	docs := fixed()
	for _, big := range []struct {
		path  string
		kind  kind
		share float64 // of all bytes
	}{
		{"logs/2026/access.log", events, 0.14},
		{"logs/2025/access.log", events, 0.08},
		{"exports/everything.csv", table, 0.10},
		{"videos/opening.mp4", noise, 0.12},
		{"backups/site.tar.zst", noise, 0.06},
	} {
		docs = append(docs, document{path: big.path, kind: big.kind, size: int(big.share * float64(s.Bytes)), seed: uint64(len(docs))})
	}
	r := rand.New(rand.NewPCG(seedDocs, 0))
	rest := 0.5 * float64(s.Bytes) / float64(max(1, s.Files-len(docs))) // on average
	for i := len(docs); i < s.Files; i++ {
		docs = append(docs, small(r, i, rest))
	}
	return docs
}

// small makes up document i. Sizes are spread so that most are far below the
// average, as in real folders.
func small(r *rand.Rand, i int, average float64) document {
	year, month := 2023+r.IntN(4), 1+r.IntN(12)
	d := document{seed: uint64(i), size: int(average * min(8, r.ExpFloat64()*r.ExpFloat64()))}
	switch n := r.IntN(100); {
	case n < 30:
		d.path, d.kind = fmt.Sprintf("reports/%d/%02d/report-%04d.md", year, month, i), prose
	case n < 45:
		d.path, d.kind = fmt.Sprintf("projects/%s/%s/notes-%04d.txt", pick(r, goods), pick(r, words), i), prose
	case n < 60:
		d.path, d.kind = fmt.Sprintf("projects/%s/data/%s-%04d.json", pick(r, goods), pick(r, words), i), records
	case n < 75:
		d.path, d.kind = fmt.Sprintf("accounts/%d/%s/ledger-%04d.csv", year, pick(r, cities), i), table
	case n < 85:
		d.path, d.kind = fmt.Sprintf("logs/%d/%02d/app-%04d.log", year, month, i), events
	default:
		d.path, d.kind = fmt.Sprintf("photos/%d/%s/IMG_%04d.jpg", year, pick(r, cities), i), noise
	}
	return d
}

// writeDocs writes the folder. Files are not synced one by one: what a power
// cut takes can be written again.
func writeDocs(ctx context.Context, root string, s Size, progress func(float64)) error {
	docs := documents(s)
	folders := map[string]bool{root: true}
	var buf []byte
	for i, d := range docs {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := filepath.Join(root, filepath.FromSlash(d.path))
		above := filepath.Dir(name)
		if d.folder() {
			above = name
		}
		if err := os.MkdirAll(above, 0o755); err != nil {
			return fmt.Errorf("making a folder: %w", err)
		}
		for ; !folders[above]; above = filepath.Dir(above) {
			folders[above] = true
		}
		var err error
		if buf, err = d.write(name, buf[:0]); err != nil {
			return fmt.Errorf("writing a document: %w", err)
		}
		if i%100 == 0 {
			progress(float64(i) / float64(len(docs)))
		}
	}
	for name := range folders { // now that nothing changes in them any more
		if err := settle(name, 0o755, epoch); err != nil {
			return fmt.Errorf("dating a folder: %w", err)
		}
	}
	progress(1)
	return nil
}

func (d document) folder() bool { return strings.HasSuffix(d.path, "/") }

// write writes the document, with what it holds in buf, which it returns for
// the next.
func (d document) write(name string, buf []byte) ([]byte, error) {
	switch {
	case d.folder():
		return buf, nil
	case d.target != "":
		if err := os.Symlink(d.target, name); err != nil {
			return buf, err
		}
		at := unix.NsecToTimeval(d.time().UnixNano())
		return buf, unix.Lutimes(name, []unix.Timeval{at, at})
	}
	r := rand.New(rand.NewPCG(seedDocs, 1+d.seed))
	if d.size > 0 {
		buf = d.kind(buf, r, d.size)
	}
	if err := os.WriteFile(name, buf, 0o644); err != nil {
		return buf, err
	}
	return buf, settle(name, 0o644, d.time())
}

// time is when the document was changed last.
func (d document) time() time.Time {
	return epoch.Add(-time.Duration(d.seed*7919%1_000_000) * time.Minute)
}

// settle gives a file the mode and time that it has everywhere.
func settle(name string, mode fs.FileMode, at time.Time) error {
	if err := os.Chmod(name, mode); err != nil {
		return err
	}
	return os.Chtimes(name, at, at)
}
