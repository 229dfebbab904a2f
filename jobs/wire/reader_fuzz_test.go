package wire_test

import (
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.org/carryout/jobs/wire"
)

var (
	lineEnd   = regexp.MustCompile(`\r\n|\r|\n`)
	onlyDigit = regexp.MustCompile(`^[0-9]+$`)
)

// interpret follows the words of the standard, section 9.2.6, with the whole
// stream at hand and no thought of speed.
func interpret(stream string) heard {
	out := heard{Retry: -1}
	stream = strings.TrimPrefix(stream, "\uFEFF")
	lines := lineEnd.Split(stream, -1)
	lines = lines[:len(lines)-1] // what follows the last line end is no line
	var data, event, id string
	for _, line := range lines {
		if line == "" {
			out.LastID = id
			if data != "" {
				if event == "" {
					event = "message"
				}
				out.Frames = append(out.Frames, frame{id, event, strings.TrimSuffix(data, "\n")})
			}
			data, event = "", ""
			continue
		}
		if strings.HasPrefix(line, ":") {
			continue
		}
		name, value := line, ""
		if i := strings.Index(line, ":"); i >= 0 {
			name, value = line[:i], line[i+1:]
			value = strings.TrimPrefix(value, " ")
		}
		switch name {
		case "event":
			event = value
		case "data":
			data += value + "\n"
		case "id":
			if !strings.Contains(value, "\x00") {
				id = value
			}
		case "retry":
			if onlyDigit.MatchString(value) {
				ms, _ := new(big.Int).SetString(value, 10)
				most := big.NewInt(math.MaxInt64 / int64(time.Millisecond))
				if ms.Cmp(most) > 0 {
					ms = most
				}
				out.Retry = time.Duration(ms.Int64()) * time.Millisecond
			}
		}
	}
	return out
}

// chunks hands out r in pieces of 0 to 8 bytes.
type chunks struct {
	r    io.Reader
	size *rand.Rand
}

func (c chunks) Read(p []byte) (int, error) {
	return c.r.Read(p[:min(len(p), c.size.IntN(9))])
}

func FuzzReaderDoesWhatTheStandardSays(f *testing.F) {
	for _, s := range []string{
		"", "\uFEFFid: 1\nevent: a\ndata: x\n\n", "data: x\r\rdata\r\n\r\nid\n\n", "id: a\x00\nretry: 10\n\nretry: 1x\n",
		": c\n\ndata:  y\ndata: z\n\ndata: cut", "id: 1\r\ndata: x\r\n\r\nid: 2\n", "\n\r\n\r\uFEFFdata: x\n\n",
	} {
		f.Add(s, uint64(1))
	}
	f.Fuzz(func(t *testing.T, stream string, seed uint64) {
		want := interpret(stream)
		for name, r := range map[string]io.Reader{
			"at once":       strings.NewReader(stream),
			"byte by byte":  iotest.OneByteReader(strings.NewReader(stream)),
			"in any chunks": chunks{strings.NewReader(stream), rand.New(rand.NewPCG(seed, 0))},
		} {
			if got := hear(t, r); !got.equal(want) {
				t.Errorf("%q read %s: got %+v, want %+v", stream, name, got, want)
			}
		}
	})
}

// The alphabet is made of what matters to a parser, so that a few thousand
// streams meet every pair of corners.
func TestReaderDoesWhatTheStandardSays(t *testing.T) {
	words := []string{"\r", "\n", "\r\n", "\n\n", ":", ": ", " ", "data", "data: x", "id", "id: 1", "id: 2\x00", "event: a", "retry: 3", "retry: y", "\uFEFF", "x", "\ndata: y\n", "\ndata: z\n\n"}
	rng := rand.New(rand.NewPCG(1, 2))
	frames := 0
	for range 10_000 {
		var stream strings.Builder
		for range rng.IntN(24) {
			stream.WriteString(words[rng.IntN(len(words))])
		}
		want := interpret(stream.String())
		frames += len(want.Frames)
		if got := hear(t, chunks{strings.NewReader(stream.String()), rng}); !got.equal(want) {
			t.Fatalf("%q: got %+v, want %+v", stream.String(), got, want)
		}
	}
	if frames < 2_000 {
		t.Errorf("got %d frames in all, want enough of them to show something", frames)
	}
}

func FuzzFramesComeBackAsTheyWereSent(f *testing.F) {
	f.Add("7", "message", "two\r\nlines")
	f.Add("", "note", "")
	f.Fuzz(func(t *testing.T, id, name, data string) {
		if strings.ContainsAny(id, "\r\n\x00") || strings.ContainsAny(name, "\r\n") {
			return // is not for them to hold
		}
		b := wire.AppendComment(nil, "connected")
		b = wire.AppendRetry(b, 2*time.Second)
		b = wire.AppendFrame(b, id, name, data)
		if name == "" {
			name = "message"
		}
		want := heard{[]frame{{id, name, lineEnd.ReplaceAllString(data, "\n")}}, id, 2 * time.Second}
		if got := hear(t, strings.NewReader(string(b))); !got.equal(want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
