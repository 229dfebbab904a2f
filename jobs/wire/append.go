package wire

import (
	"math"
	"strconv"
	"time"

	"example.org/carryout/jobs"
)

// What is told most often is written by hand, byte for byte as encoding/json
// has it and in a tenth of its time: progress, the three events that every job
// has, and the job itself, which the feed tells after each of them.

// AppendJob appends j as a JSON object.
func AppendJob(b []byte, j jobs.Job) []byte {
	b = append(b, `{"id":`...)
	b = appendText(b, string(j.ID))
	b = append(b, `,"state":`...)
	b = appendText(b, string(j.State))
	b = append(b, `,"spec":`...)
	b = appendSpec(b, j.Spec)
	for _, t := range []struct {
		name string
		time time.Time
	}{{`,"created":`, j.Created}, {`,"started":`, j.Started}, {`,"finished":`, j.Finished}, {`,"expires":`, j.Expires}} {
		b = append(b, t.name...)
		b = appendStamp(b, t.time)
	}
	b = append(b, `,"attempt":`...)
	b = strconv.AppendInt(b, int64(j.Attempt), 10)
	b = append(b, `,"last_event":`...)
	b = strconv.AppendInt(b, j.LastEvent, 10)
	b = append(b, `,"place":`...)
	b = appendWhole(b, jobs.Maybe[int64]{Value: int64(j.Place), Known: j.Place != 0})
	b = append(b, `,"progress":{`...)
	b = appendProgress(b, j.Progress)
	b = append(b, `},"warnings":`...)
	b = strconv.AppendInt(b, j.Warnings, 10)
	b = append(b, `,"reason":`...)
	b = appendTextOrNull(b, j.Reason)
	b = append(b, `,"error":`...)
	b = appendFailure(b, j.Failure)
	b = append(b, `,"file":`...)
	b = appendFile(b, j.ID, j.File)
	return appendURLs(b, j.ID)
}

func appendFailure(b []byte, f jobs.Failure) []byte {
	if f == (jobs.Failure{}) {
		return append(b, "null"...)
	}
	return appendJSON(b, failureJSON(f))
}

// appendURLs appends the addresses of a job, and the end of its object.
func appendURLs(b []byte, id jobs.ID) []byte {
	b = append(b, `,"urls":{"self":`...)
	from := len(b)
	b = appendText(b, "/jobs/"+string(id))
	self := b[from : len(b)-1] // all but the last quotation mark
	for _, name := range []string{"events", "cancel", "retry", "file"} {
		b = append(append(append(b, `,"`...), name...), `":`...)
		b = append(append(append(append(b, self...), '/'), name...), '"')
	}
	return append(b, "}}"...)
}

func appendQueued(b []byte, e jobs.Event) []byte {
	b = append(b, `{"at":`...)
	b = appendStamp(b, e.At)
	if e.Owner != "" {
		b = append(b, `,"owner":`...)
		b = appendText(b, e.Owner)
	}
	b = append(b, `,"spec":`...)
	b = appendSpec(b, e.Spec)
	b = append(b, `,"place":`...)
	b = appendWhole(b, jobs.Maybe[int64]{Value: int64(e.Place), Known: e.Place != 0})
	return append(b, '}')
}

func appendStarted(b []byte, e jobs.Event) []byte {
	b = append(b, `{"at":`...)
	b = appendStamp(b, e.At)
	b = append(b, `,"attempt":`...)
	b = strconv.AppendInt(b, int64(e.Attempt), 10)
	b = append(b, `,"progress":{`...)
	b = appendProgress(b, e.Progress)
	return append(b, "}}"...)
}

func appendProgressed(b []byte, at time.Time, p jobs.Progress) []byte {
	b = append(b, `{"at":`...)
	b = appendStamp(b, at)
	b = append(b, ',')
	b = appendProgress(b, p)
	return append(b, '}')
}

func appendReady(b []byte, e jobs.Event) []byte {
	b = append(b, `{"at":`...)
	b = appendStamp(b, e.At)
	b = append(b, `,"file":`...)
	b = appendFile(b, e.Job, e.File)
	b = append(b, `,"expires":`...)
	b = appendStamp(b, e.Expires)
	b = append(b, `,"progress":{`...)
	b = appendProgress(b, e.Progress)
	return append(b, "}}"...)
}

func appendSpec(b []byte, s jobs.Spec) []byte {
	b = append(b, `{"source":`...)
	b = appendText(b, s.Source)
	b = appendTexts(b, `,"paths":`, s.Paths)
	if s.Table != "" {
		b = append(b, `,"table":`...)
		b = appendText(b, s.Table)
	}
	b = appendTexts(b, `,"columns":`, s.Columns)
	b = append(b, `,"format":`...)
	b = appendText(b, s.Format)
	if len(s.Options) > 0 {
		b = append(b, `,"options":`...)
		b = appendJSON(b, s.Options)
	}
	return append(b, '}')
}

// appendTexts appends a list behind its name, and nothing if it is empty.
func appendTexts(b []byte, name string, all []string) []byte {
	if len(all) == 0 {
		return b
	}
	b = append(b, name...)
	for i, s := range all {
		b = append(b, "[,"[min(i, 1)])
		b = appendText(b, s)
	}
	return append(b, ']')
}

// appendProgress appends the fields of progress.
func appendProgress(b []byte, p jobs.Progress) []byte {
	b = append(b, `"phase":`...)
	b = appendTextOrNull(b, string(p.Phase))
	b = append(b, `,"fraction":`...)
	b = appendFraction(b, p.Fraction)
	b = append(b, `,"bytes":`...)
	b = appendCount(b, p.Bytes)
	b = append(b, `,"items":`...)
	b = appendCount(b, p.Items)
	b = append(b, `,"rate":`...)
	b = appendWhole(b, p.Rate)
	b = append(b, `,"eta_seconds":`...)
	b = appendSpan(b, p.Left)
	b = append(b, `,"current":`...)
	return appendTextOrNull(b, p.Current)
}

func appendCount(b []byte, c jobs.Count) []byte {
	b = append(b, `{"done":`...)
	b = strconv.AppendInt(b, c.Done, 10)
	b = append(b, `,"total":`...)
	b = appendWhole(b, c.Total)
	return append(b, '}')
}

func appendFile(b []byte, id jobs.ID, f jobs.File) []byte {
	if f == (jobs.File{}) {
		return append(b, "null"...)
	}
	b = appendFileFields(b, f)
	b = append(b, `,"url":`...)
	b = appendText(b, fileURL(id))
	return append(b, '}')
}

// appendFileFields appends an object without its end: what belongs to the file,
// wherever that is had.
func appendFileFields(b []byte, f jobs.File) []byte {
	b = append(b, `{"name":`...)
	b = appendText(b, f.Name)
	b = append(b, `,"size":`...)
	b = strconv.AppendInt(b, f.Size, 10)
	b = append(b, `,"type":`...)
	b = appendText(b, f.Type)
	b = append(b, `,"sha256":`...)
	return appendText(b, f.SHA256)
}

func appendStamp(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(b, `"`+stampLayout+`"`)
	}
	hour, minute, second := t.Clock()
	b = appendDigits(append(b, '"'), year, 1000)
	b = appendDigits(append(b, '-'), int(month), 10)
	b = appendDigits(append(b, '-'), day, 10)
	b = appendDigits(append(b, 'T'), hour, 10)
	b = appendDigits(append(b, ':'), minute, 10)
	b = appendDigits(append(b, ':'), second, 10)
	b = appendDigits(append(b, '.'), t.Nanosecond()/1e6, 100)
	return append(b, 'Z', '"')
}

// appendDigits appends the last digits of v, from that of the unit on. A layout
// of package time would take several times as long.
func appendDigits(b []byte, v, unit int) []byte {
	for ; unit > 0; unit /= 10 {
		b = append(b, byte('0'+v/unit%10))
	}
	return b
}

func appendWhole(b []byte, n jobs.Maybe[int64]) []byte {
	if !n.Known {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, n.Value, 10)
}

// appendSpan appends the two ends of an estimate in seconds, never tighter
// than it is.
func appendSpan(b []byte, s jobs.Maybe[jobs.Span]) []byte {
	if !s.Known {
		return append(b, "null"...)
	}
	b = append(b, '[')
	b = strconv.AppendInt(b, int64(s.Value.Low/time.Second), 10)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64((s.Value.High+time.Second-1)/time.Second), 10)
	return append(b, ']')
}

// appendFraction leaves to encoding/json the numbers that have an exponent.
func appendFraction(b []byte, f jobs.Maybe[float64]) []byte {
	number := finite(f)
	switch {
	case number == nil:
		return append(b, "null"...)
	case *number == 0 && !math.Signbit(*number):
		return append(b, '0')
	case *number < 1e-6 || *number >= 1e21:
		return appendJSON(b, *number)
	}
	return strconv.AppendFloat(b, *number, 'f', -1, 64)
}

func appendTextOrNull(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendText(b, s)
}

// appendText leaves to encoding/json what needs an escape, or may need one.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendJSON(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
