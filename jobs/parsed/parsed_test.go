package parsed_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/parsed"
	"example.org/carryout/jobs/wire"
)

// value is JSON as encoding/json takes it apart.
type value struct{ v any }

func (v value) get(path string) any {
	at := v.v
	for name := range strings.SplitSeq(path, "/") {
		switch parent := at.(type) {
		case map[string]any:
			at = parent[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(parent) {
				return nil
			}
			at = parent[i]
		default:
			return nil
		}
	}
	return at
}

func (v value) At(path string) parsed.Value { return value{v.get(path)} }

func (v value) Text(path string) string {
	s, _ := v.get(path).(string)
	return s
}

func (v value) Number(path string) (float64, bool) {
	f, ok := v.get(path).(float64)
	return f, ok
}

func parse(t testing.TB, b []byte) parsed.Value {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return value{v}
}

var at = time.Date(2026, 2, 28, 23, 59, 58, 7_000_000, time.UTC)

func job() jobs.Job {
	return jobs.Job{
		ID: "AAAAAAAAAAAAAAAAAAAAAAAAAA", State: jobs.Running, LastEvent: 17, Place: 2, Attempt: 3,
		Spec:     jobs.Spec{Source: "docs", Paths: []string{"a/b", "ü \"x\""}, Table: "t", Format: "zip"},
		Created:  at,
		Started:  at.Add(time.Second),
		Finished: at.Add(time.Hour),
		Expires:  at.AddDate(0, 0, 3),
		Progress: progress(),
		Warnings: 4, Reason: "the server is stopping",
		Failure: jobs.Failure{Code: "source_gone", Message: "The folder is gone."},
		File:    jobs.File{Name: "docs.zip", Size: 1 << 40},
	}
}

func progress() jobs.Progress {
	return jobs.Progress{
		Phase: jobs.Assembling, Fraction: jobs.Known(0.42), Rate: jobs.Known[int64](12345678), Current: "reports/07.pdf",
		Bytes: jobs.Count{Done: 1 << 50, Total: jobs.Known[int64](1 << 51)},
		Items: jobs.Count{Done: 3, Total: jobs.Known[int64](0)},
		Left:  jobs.Known(jobs.Span{Low: 3 * time.Minute, High: 4 * time.Minute}),
	}
}

func TestAJobReadsAsItWasWritten(t *testing.T) {
	for name, j := range map[string]jobs.Job{
		"full": job(),
		"new":  {ID: "B", State: jobs.Queued, LastEvent: 1, Created: at},
	} {
		if got := parsed.Job(parse(t, wire.AppendJob(nil, j))); !reflect.DeepEqual(got, j) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, j)
		}
	}
}

func TestAnEventReadsAsItWasWritten(t *testing.T) {
	whole := job()
	for _, e := range []jobs.Event{
		{Kind: jobs.KindQueued, Spec: whole.Spec, Place: 5},
		{Kind: jobs.KindQueued, Spec: jobs.Spec{Source: "docs", Format: "zip"}},
		{Kind: jobs.KindStarted, Attempt: 2, Progress: progress()},
		{Kind: jobs.KindProgress, Progress: progress()},
		{Kind: jobs.KindProgress, Progress: jobs.Progress{Phase: jobs.Planning}},
		{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "unreadable", Path: "a", Message: "It cannot be read.", Count: 9}},
		{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "changed", Message: "It changed.", Count: 1}},
		{Kind: jobs.KindRequeued, Reason: "the server is stopping", Place: 1},
		{Kind: jobs.KindReady, File: whole.File, Expires: at.AddDate(0, 0, 3), Progress: progress()},
		{Kind: jobs.KindReady, File: whole.File},
		{Kind: jobs.KindFailed, Failure: whole.Failure},
		{Kind: jobs.KindCanceled, Reason: "canceled by a person"},
		{Kind: jobs.KindExpired},
		{Kind: jobs.KindExpired, Reason: "room was needed"},
		{Kind: "praised"},
	} {
		t.Run(string(e.Kind), func(t *testing.T) {
			e.Seq, e.At = 7, at
			got := parsed.Event(e.Kind, 7, parse(t, wire.AppendData(nil, e)))
			if !reflect.DeepEqual(got, e) {
				t.Errorf("got  %+v\nwant %+v", got, e)
			}
		})
	}
}

func TestAResetHoldsTheJob(t *testing.T) {
	whole := job()
	want := wire.Reset(whole)
	got := parsed.Event(jobs.KindReset, whole.LastEvent, parse(t, wire.AppendData(nil, want)))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWhatIsOfAnotherShapeReadsAsNothing(t *testing.T) {
	for _, text := range []string{`null`, `7`, `"x"`, `[]`, `[1,2]`, `{}`, `{"at":"today","progress":[],"spec":3,"attempt":"1","error":"no"}`, `{"created":"2026-02-28 23:59:58.007Z"}`} {
		if got := parsed.Job(parse(t, []byte(text))); !reflect.DeepEqual(got, jobs.Job{}) && text[0] != '{' {
			t.Errorf("%s: got %+v, want a job without anything", text, got)
		}
		if got := parsed.Job(parse(t, []byte(text))).Created; !got.IsZero() {
			t.Errorf("%s: got %v, want no time", text, got)
		}
		if got := parsed.Event(jobs.KindStarted, 1, parse(t, []byte(text))); !reflect.DeepEqual(got, jobs.Event{Seq: 1, Kind: jobs.KindStarted}) {
			t.Errorf("%s: got %+v, want an event without anything", text, got)
		}
	}
}
