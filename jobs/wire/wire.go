// Package wire puts jobs and events into JSON and into Server-Sent Events, and
// reads them back.
//
// The JSON of a job and of each event is a promise to the programs that use
// the server: a field is added but never renamed. Times are UTC, RFC 3339 with
// milliseconds; sizes are bytes; what is not known is null, never 0.
//
// What a store keeps of an event is the same JSON, shortened. Frames are written as
// the WHATWG's HTML standard has them
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
//
// Encoding cannot fail. Decoding returns an error for what is not JSON of the
// expected shape, and passes over fields that it does not know.
package wire

import (
	"time"

	"example.org/carryout/jobs"
)

// stampLayout is RFC 3339 with milliseconds, in UTC.
const stampLayout = "2006-01-02T15:04:05.000Z"

// stamp is a time as JSON has it; the zero time is null.
type stamp time.Time

func (s stamp) time() time.Time { return time.Time(s) }

func (s stamp) MarshalJSON() ([]byte, error) {
	t := time.Time(s)
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.UTC().AppendFormat(nil, `"`+stampLayout+`"`), nil
}

func (s *stamp) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*s = stamp{}
		return nil
	}
	t, err := time.Parse(`"`+time.RFC3339Nano+`"`, string(b))
	if err != nil {
		return err
	}
	*s = stamp(t.UTC())
	return nil
}

// pointer returns nil for what is not known, which JSON has as null.
func pointer[T any](m jobs.Maybe[T]) *T {
	if !m.Known {
		return nil
	}
	return &m.Value
}

func maybe[T any](p *T) jobs.Maybe[T] {
	if p == nil {
		return jobs.Maybe[T]{}
	}
	return jobs.Known(*p)
}
