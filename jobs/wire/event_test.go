package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

// history has one event of every kind, and what its data is.
func history() []struct {
	event jobs.Event
	data  string
} {
	j := ready()
	const progress = `"phase":"assembling","fraction":0.42,"bytes":{"done":1,"total":2},"items":{"done":3,"total":9},"rate":12345678,"eta_seconds":[180,240],"current":"reports/2026/07.pdf"`
	const when = `"at":"2026-11-21T10:00:00.007Z"`
	return []struct {
		event jobs.Event
		data  string
	}{
		{jobs.Event{Kind: jobs.KindQueued, Owner: "ann", Spec: j.Spec, Place: 2},
			`{` + when + `,"owner":"ann","spec":{"source":"docs","paths":["reports/2026"],"format":"zip","options":{"level":"default"}},"place":2}`},
		{jobs.Event{Kind: jobs.KindStarted, Attempt: 2, Progress: j.Progress}, `{` + when + `,"attempt":2,"progress":{` + progress + `}}`},
		{jobs.Event{Kind: jobs.KindProgress, Progress: j.Progress}, `{` + when + `,` + progress + `}`},
		{jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "unreadable", Path: "a\nb", Message: "It & more.", Count: 3}},
			`{` + when + `,"code":"unreadable","path":"a\nb","message":"It & more.","count":3}`},
		{jobs.Event{Kind: jobs.KindRequeued, Reason: "the server is stopping", Place: 1}, `{` + when + `,"reason":"the server is stopping","place":1}`},
		{jobs.Event{Kind: jobs.KindReady, File: j.File, Expires: j.Expires, Progress: j.Progress},
			`{` + when + `,"file":{"name":"docs.zip","size":1,"type":"application/zip","sha256":"ab","url":"/jobs/ABCDEFGHIJKLMNOPQRSTUVWXYZ/file"},"expires":"2026-11-24T10:00:00.007Z","progress":{` + progress + `}}`},
		{jobs.Event{Kind: jobs.KindFailed, Failure: jobs.Failure{Code: "c", Message: "m"}}, `{` + when + `,"error":{"code":"c","message":"m"}}`},
		{jobs.Event{Kind: jobs.KindCanceled, Reason: "enough"}, `{` + when + `,"reason":"enough"}`},
		{jobs.Event{Kind: jobs.KindExpired}, `{` + when + `}`},
		{jobs.Event{Kind: jobs.KindExpired, Reason: "room was needed"}, `{` + when + `,"reason":"room was needed"}`},
	}
}

func TestAppendEventKeepsItsPromise(t *testing.T) {
	for _, c := range history() {
		t.Run(string(c.event.Kind), func(t *testing.T) {
			e := c.event
			e.Job, e.Seq, e.At = id, 3, at
			b := wire.AppendEvent([]byte(": before\n\n"), e)
			want := ": before\n\nid: 3\nevent: " + string(e.Kind) + "\ndata: " + c.data + "\n\n"
			if string(b) != want {
				t.Errorf("got %s, want %s", b, want)
			}
			if got := readEvent(t, b); !reflect.DeepEqual(got, e) {
				t.Errorf("got back %+v, want %+v", got, e)
			}
		})
	}
}

// readEvent reads the one event of a stream.
func readEvent(t *testing.T, stream []byte) jobs.Event {
	t.Helper()
	f, err := wire.NewReader(strings.NewReader(string(stream))).Next()
	if err != nil {
		t.Fatalf("%s: %v", stream, err)
	}
	e, err := wire.ParseEvent(f)
	if err != nil {
		t.Fatalf("%s: %v", stream, err)
	}
	e.Job = id
	return e
}

func TestResetCarriesTheWholeJob(t *testing.T) {
	j := ready()
	b := wire.AppendEvent(nil, wire.Reset(j))
	if want := "id: 17\nevent: reset\ndata: " + string(wire.AppendJob(nil, j)) + "\n\n"; string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
	got := readEvent(t, b)
	if got.Kind != jobs.KindReset || got.Seq != 17 || got.Job != id || got.Reset == nil || !reflect.DeepEqual(*got.Reset, j) {
		t.Errorf("got %+v, want the job", got)
	}
}

func TestWhatIsNotKnownIsNull(t *testing.T) {
	for kind, want := range map[jobs.Kind]string{
		jobs.KindQueued:   `{"at":null,"spec":{"source":"","format":""},"place":null}`,
		jobs.KindProgress: `{"at":null,"phase":null,"fraction":null,"bytes":{"done":0,"total":null},"items":{"done":0,"total":null},"rate":null,"eta_seconds":null,"current":null}`,
		jobs.KindWarning:  `{"at":null,"code":"","path":null,"message":"","count":1}`,
		jobs.KindRequeued: `{"at":null,"reason":"","place":null}`,
		jobs.KindReady:    `{"at":null,"file":null,"expires":null,"progress":{"phase":null,"fraction":null,"bytes":{"done":0,"total":null},"items":{"done":0,"total":null},"rate":null,"eta_seconds":null,"current":null}}`,
		jobs.KindReset:    `{"at":null}`,
		"later":           `{"at":null}`,
	} {
		if got := string(wire.AppendData(nil, jobs.Event{Kind: kind})); got != want {
			t.Errorf("%s: got %s, want %s", kind, got, want)
		}
	}
}

func TestAnEstimateIsNeverToldTighterThanItIs(t *testing.T) {
	e := jobs.Event{Kind: jobs.KindProgress}
	e.Progress.Left = jobs.Known(jobs.Span{Low: 1999 * time.Millisecond, High: 2001 * time.Millisecond})
	got, err := wire.ParseData(e.Kind, wire.AppendData(nil, e))
	if want := (jobs.Span{Low: time.Second, High: 3 * time.Second}); err != nil || got.Progress.Left.Value != want {
		t.Errorf("got %+v and %v, want %+v", got.Progress.Left, err, want)
	}
}

func TestAFractionThatIsNoNumberIsNotKnown(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		e := jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Fraction: jobs.Known(f)}}
		got, err := wire.ParseData(e.Kind, wire.AppendData(nil, e))
		if err != nil || got.Progress.Fraction.Known {
			t.Errorf("%v: got %+v and %v, want that it is not known", f, got.Progress.Fraction, err)
		}
	}
}

func TestWhatIsKeptSaysOnlyWhatIsKnown(t *testing.T) {
	half := jobs.Progress{Fraction: jobs.Known(0.5), Items: jobs.Count{Done: 1}}
	file := jobs.File{Name: "a.zip", Size: 3, Type: "application/zip", SHA256: "abc"}
	for want, e := range map[string]jobs.Event{
		`{}`: {Kind: jobs.KindProgress},
		`{"fraction":0.5,"items":{"done":1,"total":null}}`: {Kind: jobs.KindProgress, Progress: half},
		`{"at":"2026-11-21T10:00:00.007Z"}`:                {Kind: jobs.KindProgress, At: at},
		`{"attempt":2}`:                                    {Kind: jobs.KindStarted, Attempt: 2},
		`{"attempt":1,"progress":{"fraction":0.5,"items":{"done":1,"total":null}}}`:      {Kind: jobs.KindStarted, Attempt: 1, Progress: half},
		`{"file":{"name":"a.zip","size":3,"type":"application/zip","sha256":"abc"}}`:     {Job: id, Kind: jobs.KindReady, File: file},
		`{"expires":"2026-11-21T10:00:00.007Z","progress":{"phase":"<","current":"\\"}}`: {Kind: jobs.KindReady, Expires: at, Progress: jobs.Progress{Phase: "<", Current: `\`}},
	} {
		if got := string(wire.AppendKept(nil, e)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAnUnknownKindIsNoError(t *testing.T) {
	e, err := wire.ParseEvent(wire.Frame{ID: "4", Event: "later", Data: []byte(`{"at":"2026-11-21T10:00:00.007Z","what":[1]}`)})
	if want := (jobs.Event{Seq: 4, Kind: "later", At: at}); err != nil || !reflect.DeepEqual(e, want) {
		t.Errorf("got %+v and %v, want %+v", e, err, want)
	}
}

func TestAFrameThatIsNoEventIsAnError(t *testing.T) {
	for name, f := range map[string]wire.Frame{
		"no id":           {Event: "expired", Data: []byte(`{}`)},
		"an id of 0":      {ID: "0", Event: "expired", Data: []byte(`{}`)},
		"an id below":     {ID: "-1", Event: "expired", Data: []byte(`{}`)},
		"no number":       {ID: "evt-1", Event: "expired", Data: []byte(`{}`)},
		"no JSON":         {ID: "1", Event: "progress", Data: []byte(`42%`)},
		"another shape":   {ID: "1", Event: "progress", Data: []byte(`{"fraction":"all"}`)},
		"a reset of what": {ID: "1", Event: "reset", Data: []byte(`{"id":7}`)},
	} {
		if e, err := wire.ParseEvent(f); err == nil {
			t.Errorf("%s: got %+v, want an error", name, e)
		}
	}
}

func FuzzEventsComeBackAsTheyWereWritten(f *testing.F) {
	for kind := range kinds {
		f.Add(kind, "docs", "ü\r\n<&>", int64(1_795_255_200_007), int64(12), 0.42, true)
		f.Add(kind, "bad\xff.\xe2\x82", "\\ufffd \\\\ufffd \ufffd\xff", int64(0), int64(1), 0.5, true)
		f.Add(kind, "", "\x00\u2028", int64(0), int64(-1), 0.0, false)
	}
	f.Fuzz(func(t *testing.T, kind int, a, b string, ms, n int64, fraction float64, known bool) {
		if math.IsNaN(fraction) || math.IsInf(fraction, 0) {
			return // is no share of anything
		}
		const century = 100 * 365 * 24 * 3600 * 1000
		made := func(a, b string) jobs.Event {
			return anyEvent(kinds[uint(kind)%uint(len(kinds))], a, b, time.UnixMilli(ms%century).UTC(), n, jobs.Maybe[float64]{Value: fraction, Known: known})
		}
		first := wire.AppendData(nil, made(a, b))
		if read, err := wire.ParseData(made(a, b).Kind, first); err != nil || !bytes.Equal(wire.AppendData(nil, read), first) {
			t.Errorf("got %s and %v after it was read, want %s", wire.AppendData(nil, read), err, first)
		}
		want := made(strings.ToValidUTF8(a, "?"), strings.ToValidUTF8(b, "?"))
		got, err := wire.ParseData(want.Kind, wire.AppendData(nil, want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v and %v, want %+v", got, err, want)
		}
		if by := judged(t, want); !bytes.Equal(by, wire.AppendData(nil, want)) {
			t.Errorf("got %s, want %s", wire.AppendData(nil, want), by)
		}
		kept, err := wire.ParseData(want.Kind, wire.AppendKept(nil, want))
		if err != nil || !reflect.DeepEqual(kept, want) {
			t.Errorf("got %+v and %v as it is kept, want %+v", kept, err, want)
		}
		want.Job, want.Seq = id, 1+max(0, n-1)
		if got := readEvent(t, wire.AppendEvent(nil, want)); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v from a frame, want %+v", got, want)
		}
	})
}

// judged returns the data of e as encoding/json writes it.
func judged(t *testing.T, e jobs.Event) []byte {
	t.Helper()
	type progress struct {
		Phase    *string  `json:"phase"`
		Fraction *float64 `json:"fraction"`
		Bytes    struct {
			Done  int64  `json:"done"`
			Total *int64 `json:"total"`
		} `json:"bytes"`
		Items struct {
			Done  int64  `json:"done"`
			Total *int64 `json:"total"`
		} `json:"items"`
		Rate    *int64   `json:"rate"`
		ETA     *[]int64 `json:"eta_seconds"`
		Current *string  `json:"current"`
	}
	var v any
	switch e.Kind {
	case jobs.KindQueued:
		v = new(struct {
			At    *string `json:"at"`
			Owner string  `json:"owner,omitempty"`
			Spec  struct {
				Source  string            `json:"source"`
				Paths   []string          `json:"paths,omitempty"`
				Table   string            `json:"table,omitempty"`
				Columns []string          `json:"columns,omitempty"`
				Format  string            `json:"format"`
				Options map[string]string `json:"options,omitempty"`
			} `json:"spec"`
			Place *int `json:"place"`
		})
	case jobs.KindStarted:
		v = new(struct {
			At       *string  `json:"at"`
			Attempt  int      `json:"attempt"`
			Progress progress `json:"progress"`
		})
	case jobs.KindProgress:
		v = new(struct {
			At *string `json:"at"`
			progress
		})
	case jobs.KindReady:
		v = new(struct {
			At   *string `json:"at"`
			File *struct {
				Name   string `json:"name"`
				Size   int64  `json:"size"`
				Type   string `json:"type"`
				SHA256 string `json:"sha256"`
				URL    string `json:"url"`
			} `json:"file"`
			Expires  *string  `json:"expires"`
			Progress progress `json:"progress"`
		})
	default:
		return wire.AppendData(nil, e) // which has used it
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := errors.Join(json.Unmarshal(wire.AppendData(nil, e), v), encoder.Encode(v)); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

var kinds = []jobs.Kind{
	jobs.KindQueued, jobs.KindStarted, jobs.KindProgress, jobs.KindWarning, jobs.KindRequeued,
	jobs.KindReady, jobs.KindFailed, jobs.KindCanceled, jobs.KindExpired,
}

// anyEvent is an event of that kind with the values in every field it carries.
func anyEvent(kind jobs.Kind, a, b string, at time.Time, n int64, fraction jobs.Maybe[float64]) jobs.Event {
	e := jobs.Event{Kind: kind, At: at}
	p := jobs.Progress{Phase: jobs.Phase(a), Fraction: fraction, Bytes: jobs.Count{Done: n}, Items: jobs.Count{Total: jobs.Known(n)}, Current: b}
	if !fraction.Known {
		p.Fraction = jobs.Maybe[float64]{}
	}
	if seconds := n % 1_000_000; seconds >= 0 {
		p.Left = jobs.Known(jobs.Span{Low: time.Duration(seconds) * time.Second, High: time.Duration(2*seconds) * time.Second})
	}
	switch kind {
	case jobs.KindQueued:
		e.Owner, e.Spec, e.Place = a, jobs.Spec{Source: a, Paths: []string{b, a}, Table: b, Columns: []string{a}, Format: b, Options: map[string]string{a: b}}, int(n)
	case jobs.KindStarted:
		e.Attempt, e.Progress = int(n), p
	case jobs.KindProgress:
		e.Progress = p
	case jobs.KindWarning:
		e.Warning = jobs.Warning{Code: a, Path: b, Message: a, Count: max(1, n)}
	case jobs.KindRequeued:
		e.Reason, e.Place = a, int(n)
	case jobs.KindReady:
		e.File, e.Expires, e.Progress = jobs.File{Name: a, Size: n, Type: b, SHA256: a}, at, p
	case jobs.KindFailed:
		e.Failure = jobs.Failure{Code: a, Message: b}
	case jobs.KindCanceled:
		e.Reason = b
	}
	return e
}
