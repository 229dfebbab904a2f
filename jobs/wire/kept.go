package wire

import (
	"strconv"
	"time"

	"example.org/carryout/jobs"
)

// AppendKept appends the data of e as a store keeps it: [AppendData] without
// what says nothing, such as all that is not known of progress, and without the
// address of the file, which follows from the job. That is half as long for the
// events that every job has. [ParseData] reads both alike.
func AppendKept(b []byte, e jobs.Event) []byte {
	switch e.Kind {
	case jobs.KindStarted:
		b = appendAt(b, e.At)
		b = append(b, `"attempt":`...)
		b = append(strconv.AppendInt(b, int64(e.Attempt), 10), ',')
		b = appendKnownProgress(b, e.Progress)
	case jobs.KindProgress:
		return AppendKeptProgress(b, e.At, e.Progress)
	case jobs.KindReady:
		b = appendAt(b, e.At)
		if e.File != (jobs.File{}) {
			b = append(appendFileFields(append(b, `"file":`...), e.File), "},"...)
		}
		if !e.Expires.IsZero() {
			b = append(appendStamp(append(b, `"expires":`...), e.Expires), ',')
		}
		b = appendKnownProgress(b, e.Progress)
	default:
		return AppendData(b, e)
	}
	return closed(b)
}

// AppendKeptProgress is [AppendKept] for progress that is told at that time.
func AppendKeptProgress(b []byte, at time.Time, p jobs.Progress) []byte {
	return closed(appendKnown(appendAt(b, at), p))
}

// What follows ends each field with a comma, and closed makes the last one the
// end of the object.
func closed(b []byte) []byte {
	if end := len(b) - 1; b[end] == ',' {
		b = b[:end]
	}
	return append(b, '}')
}

// appendAt appends the beginning of an object.
func appendAt(b []byte, at time.Time) []byte {
	b = append(b, '{')
	if at.IsZero() {
		return b
	}
	return append(appendStamp(append(b, `"at":`...), at), ',')
}

func appendKnownProgress(b []byte, p jobs.Progress) []byte {
	if p == (jobs.Progress{}) {
		return b
	}
	return append(closed(appendKnown(append(b, `"progress":{`...), p)), ',')
}

// appendKnown appends the fields of progress that say something.
func appendKnown(b []byte, p jobs.Progress) []byte {
	if p.Phase != "" {
		b = append(appendText(append(b, `"phase":`...), string(p.Phase)), ',')
	}
	if p.Fraction.Known {
		b = append(appendFraction(append(b, `"fraction":`...), p.Fraction), ',')
	}
	if p.Bytes != (jobs.Count{}) {
		b = append(appendCount(append(b, `"bytes":`...), p.Bytes), ',')
	}
	if p.Items != (jobs.Count{}) {
		b = append(appendCount(append(b, `"items":`...), p.Items), ',')
	}
	if p.Rate.Known {
		b = append(appendWhole(append(b, `"rate":`...), p.Rate), ',')
	}
	if p.Left.Known {
		b = append(appendSpan(append(b, `"eta_seconds":`...), p.Left), ',')
	}
	if p.Current != "" {
		b = append(appendText(append(b, `"current":`...), p.Current), ',')
	}
	return b
}
