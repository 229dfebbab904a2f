package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"example.org/carryout/jobs"
)

// MaxFrame is how long a line, and the data of a frame, may be for a [Reader].
const MaxFrame = 1 << 20

// ErrTooLong reports a line or a frame of more than [MaxFrame] bytes.
var ErrTooLong = errors.New("the stream has a frame that is too long")

// A Frame is one event of any stream.
type Frame struct {
	ID    string // the latest one given; it holds until another is
	Event string // "message" unless the stream says otherwise
	Data  []byte // its lines, joined by LF
}

// A Reader takes a stream apart as the standard wants it
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
// A frame is handed out with the first byte that completes it, and one that the
// end of the stream cuts off is dropped. Bytes that are not UTF-8 are passed on
// as they came.
type Reader struct {
	in      *bufio.Reader
	line    []byte // the part of the current line that has left in
	begun   bool   // the first line, which may have a byte order mark, is read
	afterCR bool   // an LF that comes now belongs to the line before
	err     error  // ended everything

	id    string // becomes last when the frame is complete
	event string
	data  []byte

	last     string
	retry    time.Duration
	hasRetry bool
}

// NewReader returns a Reader of the stream r.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReader(r)} }

// Next waits for the next frame, whose Data is good until the call after. It
// returns io.EOF at the end of the stream, [ErrTooLong], or the error of the
// underlying reader, and from then on the same again.
func (r *Reader) Next() (Frame, error) {
	for r.err == nil {
		var line []byte
		if line, r.err = r.nextLine(); r.err != nil {
			break
		}
		if len(line) > 0 {
			r.err = r.field(line)
			continue
		}
		if f, ok := r.complete(); ok {
			return f, nil
		}
	}
	return Frame{}, r.err
}

// LastID is the id with which a follower of the stream comes back. It can be
// ahead of the latest frame, because ids count without data as well.
func (r *Reader) LastID() string { return r.last }

// Retry is the time that the stream asks its readers to wait before they come
// back, if it does.
func (r *Reader) Retry() (time.Duration, bool) { return r.retry, r.hasRetry }

// nextLine returns a line without its break. It does not wait for a byte that
// is not needed: whether an LF follows a CR is found out with the next line.
func (r *Reader) nextLine() ([]byte, error) {
	r.line = r.line[:0]
	for {
		if _, err := r.in.Peek(1); err != nil {
			return nil, err
		}
		chunk, _ := r.in.Peek(r.in.Buffered())
		if r.afterCR {
			r.afterCR = false
			if chunk[0] == '\n' {
				r.in.Discard(1)
				continue
			}
		}
		end := bytes.IndexAny(chunk, "\r\n")
		rest, skip := chunk, len(chunk)
		if end >= 0 {
			r.afterCR = chunk[end] == '\r'
			rest, skip = chunk[:end], end+1
		}
		if len(r.line)+len(rest) > MaxFrame {
			return nil, ErrTooLong
		}
		r.line = append(r.line, rest...)
		r.in.Discard(skip)
		if end >= 0 {
			return r.withoutMark(r.line), nil
		}
	}
}

// withoutMark takes the byte order mark off the first line.
func (r *Reader) withoutMark(line []byte) []byte {
	if r.begun {
		return line
	}
	r.begun = true
	return bytes.TrimPrefix(line, []byte("\uFEFF"))
}

// field takes in one line that is not empty. A comment is a field without a
// name, and like every name that is not known it is passed over.
func (r *Reader) field(line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		if len(r.data)+len(value) > MaxFrame {
			return ErrTooLong
		}
		r.data = append(append(r.data, value...), '\n')
	case "event":
		r.event = string(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			r.id = string(value)
		}
	case "retry":
		if ms, ok := digits(value); ok {
			r.retry, r.hasRetry = min(ms, math.MaxInt64/time.Millisecond)*time.Millisecond, true
		}
	}
	return nil
}

// complete ends the frame, which is one only if it has data, be it empty.
func (r *Reader) complete() (Frame, bool) {
	r.last = r.id
	f := Frame{ID: r.id, Event: r.event, Data: r.data}
	r.event, r.data = "", r.data[:0]
	if len(f.Data) == 0 {
		return Frame{}, false
	}
	if f.Event == "" {
		f.Event = "message"
	}
	f.Data = f.Data[:len(f.Data)-1]
	return f, true
}

// digits reads a number of ASCII digits and nothing else. One that is too large
// is the largest.
func digits(b []byte) (time.Duration, bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	return time.Duration(n), true
}

// ParseEvent reads a frame of a job's stream. A [jobs.KindReset] says which job
// it is of; every other event leaves Job to the caller.
func ParseEvent(f Frame) (jobs.Event, error) {
	seq, err := strconv.ParseInt(f.ID, 10, 64)
	if err != nil || seq < 1 {
		return jobs.Event{}, fmt.Errorf("the event %q has the id %q, which is no number from 1", f.Event, f.ID)
	}
	e, err := ParseData(jobs.Kind(f.Event), f.Data)
	if err != nil {
		return jobs.Event{}, fmt.Errorf("reading event %d, %q: %w", seq, f.Event, err)
	}
	e.Seq = seq
	if e.Reset != nil {
		e.Job = e.Reset.ID
	}
	return e, nil
}
