// Package parsed makes jobs and events out of JSON that somebody else has
// taken apart already. The browser's client leaves that to the browser, since
// encoding/json would make it half as large again.
//
// It reads what package jobs/wire writes, and a test holds the two together.
// What no page shows while it changes is left out: a job's owner, the columns
// and options of its spec, the media type and the hash of its file, and whether
// an attempt counts.
//
// Nothing goes wrong here: what is not of the expected shape is as if it were
// not there, and reads as zero, as empty, or as not known.
package parsed

import (
	"strconv"
	"time"

	"example.org/carryout/jobs"
)

// Value is JSON that has been taken apart. A path leads into it: names of
// objects and places in arrays, counted from 0, with a slash between them.
type Value interface {
	At(path string) Value                    // nothing if there is nothing
	Text(path string) string                 // "" for anything but a string
	Number(path string) (f float64, ok bool) // false for anything but a number
}

// Job reads a job.
func Job(v Value) (j jobs.Job) {
	j.ID = jobs.ID(v.Text("id"))
	j.State = jobs.State(v.Text("state"))
	j.LastEvent = whole(v, "last_event")
	j.Place = int(whole(v, "place"))
	j.Attempt = int(whole(v, "attempt"))
	j.Created = stamp(v.Text("created"))
	j.Started = stamp(v.Text("started"))
	j.Finished = stamp(v.Text("finished"))
	j.Expires = stamp(v.Text("expires"))
	j.Warnings = whole(v, "warnings")
	j.Reason = v.Text("reason")
	readSpec(v, &j.Spec)
	readProgress(v.At("progress"), &j.Progress)
	readFailure(v, &j.Failure)
	readFile(v, &j.File)
	return j
}

// Event reads the data of an event of that kind. Its Job is the caller's to
// set. What another kind carries is not there, and so reads as nothing.
func Event(kind jobs.Kind, seq int64, v Value) (e jobs.Event) {
	e.Seq, e.Kind = seq, kind
	if kind == jobs.KindReset {
		j := Job(v)
		e.Job, e.Reset = j.ID, &j
		return e
	}
	e.At = stamp(v.Text("at"))
	e.Place = int(whole(v, "place"))
	e.Attempt = int(whole(v, "attempt"))
	e.Reason = v.Text("reason")
	e.Expires = stamp(v.Text("expires"))
	readSpec(v, &e.Spec)
	readFailure(v, &e.Failure)
	readFile(v, &e.File)
	e.Warning.Code = v.Text("code")
	e.Warning.Path = v.Text("path")
	e.Warning.Message = v.Text("message")
	e.Warning.Count = whole(v, "count")
	if kind != jobs.KindProgress { // which is progress itself
		v = v.At("progress")
	}
	readProgress(v, &e.Progress)
	return e
}

func readSpec(v Value, s *jobs.Spec) {
	s.Source = v.Text("spec/source")
	s.Table = v.Text("spec/table")
	s.Format = v.Text("spec/format")
	for {
		path := v.Text("spec/paths/" + strconv.Itoa(len(s.Paths)))
		if path == "" {
			return
		}
		s.Paths = append(s.Paths, path)
	}
}

func readProgress(v Value, p *jobs.Progress) {
	p.Phase = jobs.Phase(v.Text("phase"))
	p.Current = v.Text("current")
	p.Fraction.Value, p.Fraction.Known = v.Number("fraction")
	p.Rate = known(v, "rate")
	p.Bytes.Done = whole(v, "bytes/done")
	p.Bytes.Total = known(v, "bytes/total")
	p.Items.Done = whole(v, "items/done")
	p.Items.Total = known(v, "items/total")
	high := known(v, "eta_seconds/1")
	p.Left.Known = high.Known
	p.Left.Value.Low = time.Duration(whole(v, "eta_seconds/0")) * time.Second
	p.Left.Value.High = time.Duration(high.Value) * time.Second
}

func readFailure(v Value, f *jobs.Failure) {
	f.Code = v.Text("error/code")
	f.Message = v.Text("error/message")
}

func readFile(v Value, f *jobs.File) {
	f.Name = v.Text("file/name")
	f.Size = whole(v, "file/size")
}

func whole(v Value, path string) int64 { return known(v, path).Value }

func known(v Value, path string) (m jobs.Maybe[int64]) {
	f, ok := v.Number(path)
	m.Value, m.Known = int64(f), ok
	return m
}
