package wire_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

const id = jobs.ID("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

var at = time.Date(2026, 11, 21, 10, 0, 0, 7_000_000, time.UTC)

// running is a job about which everything is known that can be while it runs.
func running() jobs.Job {
	return jobs.Job{
		ID: id, State: jobs.Running, LastEvent: 17, Attempt: 1, Created: at, Started: at.Add(time.Second),
		Spec: jobs.Spec{Source: "docs", Paths: []string{"reports/2026"}, Format: "zip", Options: map[string]string{"level": "default"}},
		Progress: jobs.Progress{
			Phase: jobs.Assembling, Fraction: jobs.Known(0.42), Rate: jobs.Known[int64](12345678), Current: "reports/2026/07.pdf",
			Bytes: jobs.Count{Done: 1, Total: jobs.Known[int64](2)}, Items: jobs.Count{Done: 3, Total: jobs.Known[int64](9)},
			Left: jobs.Known(jobs.Span{Low: 180 * time.Second, High: 240 * time.Second}),
		},
	}
}

func ready() jobs.Job {
	j := running()
	j.State, j.Finished, j.Expires, j.Warnings = jobs.Ready, at.Add(time.Minute), at.Add(72*time.Hour), 2
	j.File = jobs.File{Name: "docs.zip", Size: 1, Type: "application/zip", SHA256: "ab"}
	return j
}

// indent lays JSON out so that it can be read and compared.
func indent(t *testing.T, b []byte) string {
	t.Helper()
	var v json.RawMessage = b
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return string(out)
}

func TestAppendJobKeepsItsPromise(t *testing.T) {
	const urls = `"urls": {"self": "/jobs/ABCDEFGHIJKLMNOPQRSTUVWXYZ", "events": "/jobs/ABCDEFGHIJKLMNOPQRSTUVWXYZ/events",
		"cancel": "/jobs/ABCDEFGHIJKLMNOPQRSTUVWXYZ/cancel", "retry": "/jobs/ABCDEFGHIJKLMNOPQRSTUVWXYZ/retry", "file": "/jobs/ABCDEFGHIJKLMNOPQRSTUVWXYZ/file"}`
	const progress = `"progress": {"phase": "assembling", "fraction": 0.42, "bytes": {"done": 1, "total": 2}, "items": {"done": 3, "total": 9},
		"rate": 12345678, "eta_seconds": [180, 240], "current": "reports/2026/07.pdf"}`
	const nothing = `"progress": {"phase": null, "fraction": null, "bytes": {"done": 0, "total": null}, "items": {"done": 0, "total": null},
		"rate": null, "eta_seconds": null, "current": null}`
	for name, c := range map[string]struct {
		job  jobs.Job
		want string
	}{
		"of a running job": {running(), `{"id": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "state": "running",
			"spec": {"source": "docs", "paths": ["reports/2026"], "format": "zip", "options": {"level": "default"}},
			"created": "2026-11-21T10:00:00.007Z", "started": "2026-11-21T10:00:01.007Z", "finished": null, "expires": null,
			"attempt": 1, "last_event": 17, "place": null, ` + progress + `, "warnings": 0, "reason": null, "error": null, "file": null, ` + urls + `}`},
		"of a ready job": {ready(), `{"id": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "state": "ready",
			"spec": {"source": "docs", "paths": ["reports/2026"], "format": "zip", "options": {"level": "default"}},
			"created": "2026-11-21T10:00:00.007Z", "started": "2026-11-21T10:00:01.007Z", "finished": "2026-11-21T10:01:00.007Z", "expires": "2026-11-24T10:00:00.007Z",
			"attempt": 1, "last_event": 17, "place": null, ` + progress + `, "warnings": 2, "reason": null, "error": null,
			"file": {"name": "docs.zip", "size": 1, "type": "application/zip", "sha256": "ab", "url": "/jobs/ABCDEFGHIJKLMNOPQRSTUVWXYZ/file"}, ` + urls + `}`},
		"of a job of which little is known": {jobs.Job{ID: id, State: jobs.Queued, LastEvent: 1, Created: at, Place: 2,
			Spec: jobs.Spec{Source: "shop", Table: "orders", Columns: []string{"id", "total"}, Format: "csv"}}, `{"id": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "state": "queued",
			"spec": {"source": "shop", "table": "orders", "columns": ["id", "total"], "format": "csv"},
			"created": "2026-11-21T10:00:00.007Z", "started": null, "finished": null, "expires": null,
			"attempt": 0, "last_event": 1, "place": 2, ` + nothing + `, "warnings": 0, "reason": null, "error": null, "file": null, ` + urls + `}`},
		"of a failed job": {jobs.Job{ID: id, State: jobs.Failed, LastEvent: 3, Created: at, Reason: "r",
			Spec: jobs.Spec{Source: "docs", Format: "zip"}, Failure: jobs.Failure{Code: "source_gone", Message: "It is <gone>."}}, `{"id": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "state": "failed",
			"spec": {"source": "docs", "format": "zip"},
			"created": "2026-11-21T10:00:00.007Z", "started": null, "finished": null, "expires": null,
			"attempt": 0, "last_event": 3, "place": null, ` + nothing + `, "warnings": 0, "reason": "r",
			"error": {"code": "source_gone", "message": "It is <gone>."}, "file": null, ` + urls + `}`},
	} {
		t.Run(name, func(t *testing.T) {
			b := wire.AppendJob(nil, c.job)
			if got, want := indent(t, b), indent(t, []byte(c.want)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			back, err := wire.ParseJob(b)
			if err != nil || !reflect.DeepEqual(back, c.job) {
				t.Errorf("got back %+v and %v, want %+v", back, err, c.job)
			}
		})
	}
}

func TestAJobIsOneLineAfterWhatStoodBefore(t *testing.T) {
	j := ready()
	j.File.Name = "<a>\n&\u2028.zip"
	got := string(wire.AppendJob([]byte("data: "), j))
	if got[:6] != "data: " {
		t.Errorf("got %q, want it after what stood before", got)
	}
	for _, c := range []byte(got) {
		if c == '\n' || c == '\r' {
			t.Fatalf("got %q, want one line", got)
		}
	}
}

func TestTimesAreTakenInAnyZoneAndGivenInUTC(t *testing.T) {
	j, err := wire.ParseJob([]byte(`{"created": "2026-11-21T12:30:00+02:30", "more": {"to": "come"}}`))
	if want := at.Truncate(time.Second); err != nil || !j.Created.Equal(want) || j.Created.Location() != time.UTC {
		t.Errorf("got %v and %v, want %v in UTC", j.Created, err, want)
	}
}

func TestWhatHasAnotherShapeIsAnError(t *testing.T) {
	for _, in := range []string{``, `[]`, `{"id": 1}`, `{"created": "yesterday"}`, `{"warnings": 1.5}`, `{} {}`} {
		if j, err := wire.ParseJob([]byte(in)); err == nil {
			t.Errorf("%s: got %+v, want an error", in, j)
		}
	}
	for _, in := range []string{``, `[]`, `{"source": 1}`, `{"paths": "a"}`} {
		if s, err := wire.ParseSpec([]byte(in)); err == nil {
			t.Errorf("%s: got %+v, want an error", in, s)
		}
	}
}

func TestSpecComesBack(t *testing.T) {
	for _, want := range []jobs.Spec{
		{},
		{Source: "docs", Paths: []string{"a", "ü\n<"}, Format: "zip", Options: map[string]string{"level": "default"}},
		{Source: "shop", Table: "orders", Columns: []string{"id"}, Format: "csv"},
	} {
		got, err := wire.ParseSpec(wire.AppendSpec(nil, want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v and %v, want %+v", got, err, want)
		}
	}
}
