package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A corpus is a folder and those who pack it.
type corpus struct {
	name  string
	root  string
	write func(root string, size int64) error // nil: it is there
	duels []duel
}

func corpora(tree string) []corpus {
	zips := duel{
		shell("zip -6", "zip", `cd "$1" && zip -6 -q -r "$2" .`),
		carryout("zip", "default"),
		carryout("zip", "smallest"),
		carryout("zip", "fastest"),
		fast(),
		shell("7z -mx1, 2 threads", "7z", `cd "$1" && 7z a -tzip -mx1 -mmt2 -bso0 -bsp0 "$2" .`),
		shell("bsdtar, zip", "bsdtar", `cd "$1" && bsdtar --format zip -cf "$2" .`),
	}
	gzips := duel{
		shell("tar | pigz -6 -p2", "pigz", `cd "$1" && tar cf - . | pigz -6 -p2 > "$2"`),
		carryout("tar.gz", "default"),
	}
	zstds := duel{
		shell("tar | zstd -3 -T2", "zstd", `cd "$1" && tar cf - . | zstd -3 -T2 -q > "$2"`),
		carryout("tar.zst", "default"),
	}
	stored := duel{
		shell("zip -0", "zip", `cd "$1" && zip -0 -q -r "$2" .`),
		carryout("zip", "store"),
		carryout("zip", "default"),
		carryout("tar", ""),
	}
	return []corpus{
		{name: "tree", root: tree, duels: []duel{zips, gzips, zstds}},
		{name: "log", write: writeLog, duels: []duel{zips, gzips, zstds}},
		{name: "packed", write: writePacked, duels: []duel{stored}},
		{name: "mixed", write: writeMixed, duels: []duel{zips, gzips, zstds}},
	}
}

// writeLog writes one log of a web server.
func writeLog(root string, size int64) error {
	return create(filepath.Join(root, "access.log"), size, newLog(1).line)
}

// writePacked writes one file of noise, which is what compressed data look like.
func writePacked(root string, size int64) error {
	return create(filepath.Join(root, "film.mp4"), size, newNoise(2).block)
}

// writeMixed writes a log and noise, of a quarter of the size each, and the
// rest as small files of 1 to 32 KB: five in six are lines of JSON, one is
// noise.
func writeMixed(root string, size int64) error {
	if err := create(filepath.Join(root, "logs", "access.log"), size/4, newLog(3).line); err != nil {
		return err
	}
	if err := create(filepath.Join(root, "photos", "album.jpg"), size/4, newNoise(4).block); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(5, 5))
	records, noise := newRecords(6), newNoise(7)
	for i, left := 0, size/2; left > 0; i++ {
		n := 1<<10 + r.Int64N(31<<10)
		name, next := fmt.Sprintf("%05d.json", i), records.line
		if i%6 == 5 {
			name, next = fmt.Sprintf("%05d.png", i), noise.block
		}
		if err := create(filepath.Join(root, "small", strconv.Itoa(i/100), name), n, next); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// create writes a file of that size, of what next appends again and again.
func create(path string, size int64, next func(b []byte) []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	var b []byte
	for left := size; left > 0 && err == nil; left -= int64(len(b)) {
		b = next(b[:0])
		_, err = w.Write(b[:min(left, int64(len(b)))])
	}
	if err == nil {
		err = w.Flush()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// noise is what does not shrink.
type noise struct{ source *rand.ChaCha8 }

func newNoise(seed byte) noise { return noise{rand.NewChaCha8([32]byte{seed})} }

func (n noise) block(b []byte) []byte {
	b = append(b, make([]byte, 4<<10)...)
	_, _ = n.source.Read(b) // never fails
	return b
}

// webLog is the log of a web server in the usual form, with how long a request
// took and the number under which it is traced: some thousand visitors and
// pages, the popular ones more often, as Zipf has it, and sizes, times and
// numbers that repeat little. zip -6 makes a fifth of it.
type webLog struct {
	r        *rand.Rand
	visitor  *rand.Zipf
	page     *rand.Zipf
	now      time.Time
	visitors []string
	pages    []string
}

func newLog(seed uint64) *webLog {
	r := rand.New(rand.NewPCG(seed, seed))
	l := &webLog{r: r, now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	agents := []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
		"curl/8.14.1",
	}
	for range 20_000 {
		address := fmt.Sprintf("%d.%d.%d.%d", 1+r.IntN(223), r.IntN(256), r.IntN(256), r.IntN(256))
		l.visitors = append(l.visitors, address+"\x00"+agents[r.IntN(len(agents))])
	}
	words := []string{"orders", "items", "search", "images", "account", "cart", "help", "blog", "static", "api"}
	for i := range 5000 {
		l.pages = append(l.pages, fmt.Sprintf("/%s/%s/%d", words[r.IntN(len(words))], words[r.IntN(len(words))], i*7919%100_000))
	}
	l.visitor = rand.NewZipf(r, 1.1, 20, uint64(len(l.visitors)-1))
	l.page = rand.NewZipf(r, 1.2, 5, uint64(len(l.pages)-1))
	return l
}

// line appends a line.
func (l *webLog) line(b []byte) []byte {
	l.now = l.now.Add(time.Duration(l.r.IntN(40)) * time.Millisecond)
	visitor := l.visitors[l.visitor.Uint64()]
	end := len(visitor)
	for i := range visitor {
		if visitor[i] == 0 {
			end = i
		}
	}
	status := "200"
	switch l.r.IntN(20) {
	case 0:
		status = "404"
	case 1, 2:
		status = "304"
	}
	b = append(b, visitor[:end]...)
	b = append(b, " - - ["...)
	b = l.now.AppendFormat(b, "02/Jan/2006:15:04:05 -0700")
	b = append(b, `] "GET `...)
	b = append(b, l.pages[l.page.Uint64()]...)
	b = append(b, ` HTTP/1.1" `...)
	b = append(b, status...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, l.r.Int64N(1<<(6+l.r.IntN(11))), 10)
	b = append(b, ` "-" "`...)
	b = append(b, visitor[end+1:]...)
	b = append(b, `" `...)
	b = strconv.AppendInt(b, l.r.Int64N(1<<(8+l.r.IntN(11))), 10)
	b = append(b, "us trace="...)
	b = appendHex(b, l.r.Uint64())
	b = appendHex(b, l.r.Uint64())
	return append(b, '\n')
}

// appendHex appends 16 digits.
func appendHex(b []byte, v uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[v>>shift&15])
	}
	return b
}

// records are lines of JSON, as an application keeps them.
type records struct {
	r *rand.Rand
	n int64
}

func newRecords(seed uint64) *records { return &records{r: rand.New(rand.NewPCG(seed, seed))} }

// line appends a record.
func (s *records) line(b []byte) []byte {
	s.n++
	names := [...]string{"Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Frances"}
	states := [...]string{"new", "paid", "packed", "sent", "returned"}
	return fmt.Appendf(b, `{"id":%d,"customer":%q,"state":%q,"amount":%d.%02d,"key":"%016x"}`+"\n",
		s.n, names[s.r.IntN(len(names))], states[s.r.IntN(len(states))], s.r.IntN(5000), s.r.IntN(100), s.r.Uint64())
}
