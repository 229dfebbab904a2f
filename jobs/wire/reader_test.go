package wire_test

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.org/carryout/jobs/wire"
)

// heard is what a reader makes of a whole stream.
type heard struct {
	Frames []frame
	LastID string
	Retry  time.Duration // -1: none
}

type frame struct{ ID, Event, Data string }

// hear reads r to its end.
func hear(t *testing.T, r io.Reader) heard {
	t.Helper()
	in := wire.NewReader(r)
	out := heard{Retry: -1}
	for {
		f, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("got %v, want no error but io.EOF", err)
		}
		out.Frames = append(out.Frames, frame{f.ID, f.Event, string(f.Data)})
	}
	out.LastID = in.LastID()
	if d, ok := in.Retry(); ok {
		out.Retry = d
	}
	return out
}

func (h heard) equal(o heard) bool {
	return slices.Equal(h.Frames, o.Frames) && h.LastID == o.LastID && h.Retry == o.Retry
}

func TestReader(t *testing.T) {
	one := func(id, event, data string) heard { return heard{[]frame{{id, event, data}}, id, -1} }
	none := heard{Retry: -1}
	for name, c := range map[string]struct {
		stream string
		want   heard
	}{
		"nothing":                              {"", none},
		"an event of a job":                    {"id: 3\nevent: progress\ndata: {}\n\n", one("3", "progress", "{}")},
		"an event without a name is a message": {"data: x\n\n", one("", "message", "x")},
		"an empty name is no name":             {"event\ndata: x\n\n", one("", "message", "x")},
		"the last name counts":                 {"event: a\nevent: b\ndata: x\n\n", one("", "b", "x")},

		"lines may end in CR":      {"id: 3\rdata: x\r\r", one("3", "message", "x")},
		"lines may end in CR LF":   {"id: 3\r\ndata: x\r\n\r\n", one("3", "message", "x")},
		"lines may end in each":    {"id: 3\rdata: x\ndata: y\r\n\n", one("3", "message", "x\ny")},
		"LF CR are two line ends":  {"data: x\n\rdata: y\n\n", heard{[]frame{{"", "message", "x"}, {"", "message", "y"}}, "", -1}},
		"CR LF is one line end":    {"data: x\r\ndata: y\r\n\r\n", one("", "message", "x\ny")},
		"other breaks are no ends": {"data: x\vy\fz\u0085\u2028\n\n", one("", "message", "x\vy\fz\u0085\u2028")},

		"a mark at the start is dropped":       {"\uFEFFdata: x\n\n", one("", "message", "x")},
		"only one mark is":                     {"\uFEFF\uFEFFdata: x\n\n", none},
		"a mark further on is none":            {"\n\uFEFFdata: x\n\n", none},
		"a mark in the data stays":             {"data: \uFEFFx\n\n", one("", "message", "\uFEFFx")},
		"data lines are joined by LF":          {"data: x\ndata:\ndata\ndata: y\n\n", one("", "message", "x\n\n\ny")},
		"empty data is data":                   {"data\n\n", one("", "message", "")},
		"one space after the colon is dropped": {"data:  x \ndata:y\n\n", one("", "message", " x \ny")},
		"but not a tab":                        {"data:\tx\n\n", one("", "message", "\tx")},
		"the first colon ends the name":        {"data: a: b\n\n", one("", "message", "a: b")},
		"names are told apart by case":         {"Data: x\nDATA: x\n\n", none},
		"a space before the name is of it":     {" data: x\n\n", none},
		"unknown fields are passed over":       {"foo: x\nfoo\ndata: y\n\n", one("", "message", "y")},
		"comments are passed over":             {": connected\n\n:\n:data: x\ndata: y\n: z\n\n", one("", "message", "y")},

		"an event without data is none":     {"event: a\n\ndata: x\n\n", one("", "message", "x")},
		"but its id counts":                 {"id: 7\n\n", heard{nil, "7", -1}},
		"an id holds until there is a new":  {"id: 7\ndata: x\n\ndata: y\n\n", heard{[]frame{{"7", "message", "x"}, {"7", "message", "y"}}, "7", -1}},
		"an empty id takes it away":         {"id: 7\ndata: x\n\nid\ndata: y\n\n", heard{[]frame{{"7", "message", "x"}, {"", "message", "y"}}, "", -1}},
		"an id with NUL is passed over":     {"id: 7\nid: 8\x00\ndata: x\n\n", one("7", "message", "x")},
		"data may hold NUL":                 {"data: \x00\n\n", one("", "message", "\x00")},
		"what the end cuts off is dropped":  {"data: x\n\nid: 8\ndata: y\n", one("", "message", "x")},
		"a line without an end is dropped":  {"data: x\n\nretry: 5", one("", "message", "x")},
		"an event ends with its empty line": {"data: x\r\r", one("", "message", "x")},

		"retry is milliseconds":           {"retry: 2000\n\n", heard{nil, "", 2 * time.Second}},
		"retry counts at once":            {"retry: 1\n", heard{nil, "", time.Millisecond}},
		"the last retry counts":           {"retry: 1\nretry: 002\n", heard{nil, "", 2 * time.Millisecond}},
		"retry of more than digits is no": {"retry: +1\nretry: 1.5\nretry: -1\nretry:  1\nretry: 1 \nretry: ٣\nretry\n", none},
		"retry without bounds is bounded": {"retry: 99999999999999999999999\n", heard{nil, "", math.MaxInt64 / time.Millisecond * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hear(t, strings.NewReader(c.stream)); !got.equal(c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if got := hear(t, iotest.OneByteReader(strings.NewReader(c.stream))); !got.equal(c.want) {
				t.Errorf("got %+v byte by byte, want %+v", got, c.want)
			}
		})
	}
}

func TestReaderDoesNotWaitForWhatMayFollowACarriageReturn(t *testing.T) {
	more := iotest.ErrReader(errors.New("asked for more"))
	f, err := wire.NewReader(io.MultiReader(strings.NewReader("data: x\r\r"), more)).Next()
	if err != nil || string(f.Data) != "x" {
		t.Errorf("got %q and %v, want x", f.Data, err)
	}
}

func TestReaderRefusesWhatIsTooLong(t *testing.T) {
	x := strings.Repeat("x", wire.MaxFrame)
	for name, c := range map[string]struct {
		stream string
		want   error
	}{
		"a line at the limit":      {":" + x[1:] + "\n\n", io.EOF},
		"a line above it":          {":" + x + "\n\n", wire.ErrTooLong},
		"a line without an end":    {x + x + x, wire.ErrTooLong},
		"data of many short lines": {strings.Repeat("data: 0123456789\n", wire.MaxFrame/10) + "\n", wire.ErrTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			in := wire.NewReader(strings.NewReader(c.stream))
			for range 2 {
				if _, err := in.Next(); !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			}
		})
	}
}

func TestReaderHandsOnTheErrorOfItsStream(t *testing.T) {
	broken := errors.New("broken")
	in := wire.NewReader(io.MultiReader(strings.NewReader("data: x\n\ndata: y\n"), iotest.ErrReader(broken)))
	if _, err := in.Next(); err != nil {
		t.Fatalf("got %v, want the first frame", err)
	}
	for range 2 {
		if _, err := in.Next(); err != broken {
			t.Errorf("got %v, want %v", err, broken)
		}
	}
}
