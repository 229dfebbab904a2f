package deflate_test

import (
	"bytes"
	stdflate "compress/flate"
	"fmt"
	"go/build"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/flate"

	"example.org/carryout/jobs/format/deflate"
)

func all() map[string]deflate.Level {
	return map[string]deflate.Level{"fastest": deflate.Fastest, "default": deflate.Default, "smallest": deflate.Smallest}
}

// enough is room for all of content, even if it grows.
func enough(content []byte) int { return len(content) + len(content)/1000 + 64 }

// check compresses content and reads it again, by two readers.
func check(t testing.TB, e *deflate.Encoder, content, before []byte, level deflate.Level, last bool) []byte {
	t.Helper()
	packed, fits := e.Append([]byte("in front"), content, before, level, last, enough(content))
	packed, there := bytes.CutPrefix(packed, []byte("in front"))
	if !fits || !there {
		t.Fatalf("%d bytes of level %d: got no room in %d, or lost what stood in front", len(content), level, enough(content))
	}
	stream := packed
	if !last {
		if !bytes.HasSuffix(packed, []byte{0, 0, 0xff, 0xff}) {
			t.Fatalf("got the end % x, want a sync flush", packed[max(0, len(packed)-8):])
		}
		stream = append(packed[:len(packed):len(packed)], 3, 0)
	}
	for name, r := range map[string]io.Reader{
		"compress/flate":  stdflate.NewReaderDict(bytes.NewReader(stream), before),
		"klauspost/flate": flate.NewReaderDict(bytes.NewReader(stream), before),
	} {
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%s, level %d, last %t: got %d bytes and %v, want the %d that were packed", name, level, last, len(got), err, len(content))
		}
	}
	return packed
}

// samples returns texts of many kinds, the same ones every time.
var samples = sync.OnceValue(func() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 100_000)
	few := make([]byte, 60_000)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	for i := range few {
		few[i] = "abcd"[r.IntN(4)]
	}
	var skewed, log strings.Builder
	for skewed.Len() < 50_000 { // its best code is deeper than 15
		n := 0
		for r.IntN(2) == 0 && n < 24 {
			n++
		}
		skewed.WriteByte(byte(n))
	}
	for i := range 1500 {
		fmt.Fprintf(&log, "10.0.%d.%d - - [21/Nov/2026:12:%02d:%02d] \"GET /items/%d HTTP/1.1\" 200 %d\n", i%7, r.IntN(256), i/60%60, i%60, r.IntN(10_000), r.IntN(100_000))
	}
	far := append(random[:20_000:20_000], bytes.Repeat([]byte{0}, 12_700)...) // distances around the farthest
	for i := range 80 {
		far = append(far, random[i*100:i*100+90]...)
		far = append(far, byte(i))
	}
	return map[string][]byte{
		"nothing": {}, "a byte": {7}, "two": {7, 7}, "three": []byte("abc"), "four": []byte("aaaa"),
		"zeros": make([]byte, 300_000), "random": random, "four letters": few, "skewed": []byte(skewed.String()),
		"log": []byte(log.String()), "far": far, "changing": append(append(random[:70_000:70_000], log.String()...), random[:40_000]...),
	}
})

func TestReadersGetBackWhatWasPacked(t *testing.T) {
	e := deflate.NewEncoder()
	log := samples()["log"]
	for name, content := range samples() {
		for levelName, level := range all() {
			t.Run(name+" "+levelName, func(t *testing.T) {
				for _, last := range []bool{true, false} {
					check(t, e, content, nil, level, last)
					check(t, e, content, []byte("10.0.0.7 - - ["), level, last)
					check(t, e, content, log, level, last)
				}
			})
		}
	}
}

func TestNothingDependsOnWhatWasPackedBefore(t *testing.T) {
	used := deflate.NewEncoder()
	for range 3 {
		for name, content := range samples() {
			for levelName, level := range all() {
				got, _ := used.Append(nil, content, nil, level, true, enough(content))
				want, fits := deflate.NewEncoder().Append(nil, content, nil, level, true, enough(content))
				if !fits || !bytes.Equal(got, want) {
					t.Errorf("%s %s: got other bytes from an encoder that had been used", name, levelName)
				}
			}
		}
	}
}

func TestManyTextsBecomeWhatEachBecomesAlone(t *testing.T) {
	for name, level := range all() {
		var content, want []byte
		var texts, wanted []deflate.Text
		for i, name := range slices.Sorted(maps.Keys(samples())) {
			text := samples()[name]
			alone, fits := deflate.NewEncoder().Append(nil, text, nil, level, true, len(text)*i/12)
			if !fits {
				alone = nil
			}
			texts = append(texts, deflate.Text{Size: uint32(len(text)), Room: uint32(len(text) * i / 12), Packed: 7})
			wanted = append(wanted, deflate.Text{Size: uint32(len(text)), Room: uint32(len(text) * i / 12), Packed: uint32(len(alone))})
			content, want = append(content, text...), append(want, alone...)
		}
		got := deflate.NewEncoder().AppendEach([]byte("in front"), content, texts, level)
		if !bytes.Equal(got, append([]byte("in front"), want...)) || !slices.Equal(texts, wanted) {
			t.Errorf("%s: got %d bytes as %v, want %d as %v", name, len(got), texts, len(want)+8, wanted)
		}
	}
	texts := []deflate.Text{{Packed: 1}}
	if got := deflate.NewEncoder().AppendEach(nil, nil, texts, deflate.Default); len(got) > 0 || texts[0].Packed != 0 {
		t.Errorf("got %d bytes and %v of nothing", len(got), texts)
	}
}

func TestWhatComesBeforeIsMadeUseOf(t *testing.T) {
	log := samples()["log"]
	before, content := log[:30_000], log[20_000:30_000]
	for name, level := range all() {
		alone := check(t, deflate.NewEncoder(), content, nil, level, true)
		after := check(t, deflate.NewEncoder(), content, before, level, true)
		if len(after) > len(alone)/5 {
			t.Errorf("%s: got %d bytes for what is repeated, %d for what is new", name, len(after), len(alone))
		}
	}
}

func TestWhatDoesNotFitIsGivenUp(t *testing.T) {
	for name, content := range samples() {
		for levelName, level := range all() {
			e := deflate.NewEncoder()
			for _, last := range []bool{true, false} {
				size := len(check(t, e, content, nil, level, last))
				for _, room := range []int{0, 1, size / 2, size - 1} {
					if got, fits := e.Append([]byte("x"), content, nil, level, last, room); fits || string(got) != "x" {
						t.Errorf("%s %s: got %d bytes and %t with room for %d of %d", name, levelName, len(got), fits, room, size)
					}
				}
				if got, fits := e.Append(nil, content, nil, level, last, size); !fits || len(got) != size {
					t.Errorf("%s %s: got %d bytes and %t with room for %d", name, levelName, len(got), fits, size)
				}
			}
		}
	}
}

func TestWhatDoesNotShrinkHardlyGrows(t *testing.T) {
	random := samples()["random"]
	for name, level := range all() {
		if got, most := len(check(t, deflate.NewEncoder(), random, nil, level, true)), len(random)+5*(len(random)/65535+1)+5; got > most {
			t.Errorf("%s: got %d bytes of %d, want at most %d", name, got, len(random), most)
		}
	}
}

// No level makes source code much larger than compress/flate does. (Of all of
// Go, the best one makes less.)
func TestSourceCodeShrinks(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", "net", "http", "[st]*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got no files and %v", err)
	}
	var zlib, fastest, usual, smallest int
	e := deflate.NewEncoder()
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w, _ := stdflate.NewWriter(&b, 6)
		w.Write(content)
		w.Close()
		zlib += b.Len()
		fastest += len(check(t, e, content, nil, deflate.Fastest, true))
		usual += len(check(t, e, content, nil, deflate.Default, true))
		smallest += len(check(t, e, content, nil, deflate.Smallest, true))
	}
	t.Logf("compress/flate %d, fastest %d, default %d, smallest %d", zlib, fastest, usual, smallest)
	if fastest > zlib*115/100 || usual > zlib*105/100 || smallest > zlib*101/100 {
		t.Errorf("got %d, %d and %d bytes, want at most 115, 105 and 101 %% of %d", fastest, usual, smallest, zlib)
	}
}

// FuzzRoundTrip has texts repeat parts of themselves, which bytes at random
// hardly do.
func FuzzRoundTrip(f *testing.F) {
	for _, content := range samples() {
		f.Add(content[:min(len(content), 5000)], []byte("before"), uint8(1), uint8(7), uint16(3000))
	}
	e := deflate.NewEncoder()
	f.Fuzz(func(t *testing.T, content, before []byte, level, repeat uint8, step uint16) {
		for i := range int(repeat) {
			if len(content) == 0 || len(content) > 1<<16 {
				break
			}
			from := i * int(step) % len(content)
			content = append(content, content[from:min(len(content), from+int(step))]...)
		}
		l := deflate.Level(int(level/2) % 3)
		packed := check(t, e, content, before, l, level%2 == 0)
		if _, fits := e.Append(nil, content, before, l, level%2 == 0, len(packed)-1); fits {
			t.Fatal("got what needs more room than there was")
		}
	})
}

func BenchmarkEncoder(b *testing.B) {
	content, err := os.ReadFile(filepath.Join(build.Default.GOROOT, "src", "net", "http", "server.go"))
	if err != nil {
		b.Fatal(err)
	}
	for name, level := range all() {
		b.Run(name, func(b *testing.B) {
			e := deflate.NewEncoder()
			b.SetBytes(int64(len(content)))
			var packed []byte
			for b.Loop() {
				packed, _ = e.Append(packed[:0], content, nil, level, true, len(content))
			}
			b.ReportMetric(float64(len(packed)), "size")
		})
	}
}
