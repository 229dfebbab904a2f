package wire

import (
	"bytes"
	"encoding/json"

	"example.org/carryout/jobs"
)

type jobJSON struct {
	ID        jobs.ID      `json:"id"`
	State     jobs.State   `json:"state"`
	Spec      specJSON     `json:"spec"`
	Created   stamp        `json:"created"`
	Started   stamp        `json:"started"`
	Finished  stamp        `json:"finished"`
	Expires   stamp        `json:"expires"`
	Attempt   int          `json:"attempt"`
	LastEvent int64        `json:"last_event"`
	Place     *int         `json:"place"`
	Progress  progressJSON `json:"progress"`
	Warnings  int64        `json:"warnings"`
	Reason    *string      `json:"reason"`
	Error     *failureJSON `json:"error"`
	File      *fileJSON    `json:"file"`
}

type specJSON struct {
	Source  string            `json:"source"`
	Paths   []string          `json:"paths,omitempty"`
	Table   string            `json:"table,omitempty"`
	Columns []string          `json:"columns,omitempty"`
	Format  string            `json:"format"`
	Options map[string]string `json:"options,omitempty"`
}

type failureJSON struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type fileJSON struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Type   string `json:"type"`
	SHA256 string `json:"sha256"`
	URL    string `json:"url"`
}

// ParseJob reads what [AppendJob] has written.
func ParseJob(b []byte) (jobs.Job, error) {
	var in jobJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return jobs.Job{}, err
	}
	return in.job(), nil
}

// AppendSpec appends s as a JSON object: the form in which it is asked for.
func AppendSpec(b []byte, s jobs.Spec) []byte { return appendSpec(b, s) }

// ParseSpec reads what [AppendSpec] has written.
func ParseSpec(b []byte) (jobs.Spec, error) {
	var in specJSON
	err := json.Unmarshal(b, &in)
	return jobs.Spec(in), err
}

func (in jobJSON) job() jobs.Job {
	j := jobs.Job{
		ID: in.ID, State: in.State, Spec: jobs.Spec(in.Spec),
		Created: in.Created.time(), Started: in.Started.time(), Finished: in.Finished.time(), Expires: in.Expires.time(),
		Attempt: in.Attempt, LastEvent: in.LastEvent, Place: orZero(in.Place),
		Progress: in.Progress.progress(), Warnings: in.Warnings, Reason: orZero(in.Reason),
	}
	if in.Error != nil {
		j.Failure = jobs.Failure(*in.Error)
	}
	if in.File != nil {
		j.File = in.File.file()
	}
	return j
}

func fileURL(id jobs.ID) string { return "/jobs/" + string(id) + "/file" }

func (f *fileJSON) file() jobs.File {
	return jobs.File{Name: f.Name, Size: f.Size, Type: f.Type, SHA256: f.SHA256}
}

func unlessZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// appendJSON appends v without the line break and the escapes for HTML that
// encoding/json adds of its own accord. What is not UTF-8 becomes U+FFFD as it
// is, and not its escape, so that what is read back is written in the same words.
func appendJSON(b []byte, v any) []byte {
	buf := bytes.NewBuffer(b)
	e := json.NewEncoder(buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("wire: " + err.Error()) // our own types always encode
	}
	all := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if at := len(b); bytes.Contains(all[at:], []byte(replaced)) {
		return unescape(all, at)
	}
	return all
}

// replaced is what encoding/json writes for a byte that is not UTF-8.
const replaced = `\ufffd`

// unescape writes U+FFFD itself for each escape of it from b[at] on, in place.
func unescape(b []byte, at int) []byte {
	out := b[:at]
	for rest := b[at:]; len(rest) > 0; {
		n := 1
		switch {
		case bytes.HasPrefix(rest, []byte(replaced)):
			out, n = append(out, "\uFFFD"...), len(replaced)
		case rest[0] == '\\': // and what it escapes, which may be another backslash
			n = 2
			fallthrough
		default:
			out = append(out, rest[:n]...)
		}
		rest = rest[n:]
	}
	return out
}
