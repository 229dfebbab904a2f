package metrics_test

import (
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/metrics"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

func TestAPageIsWrittenAsPrometheusReadsIt(t *testing.T) {
	var p metrics.Page
	p.Gauge("a_bytes", "One \\ line\nand another.", metrics.One(1.5))
	p.Counter("b_total", "Two.", metrics.Of("of", "x\"\\\n", 1<<40), metrics.Sample{Labels: []metrics.Label{{"c", "d"}, {"e", "ü"}}})
	p.Gauge("unknown", "Left out.")
	want := `# HELP a_bytes One \\ line\nand another.
# TYPE a_bytes gauge
a_bytes 1.5
# HELP b_total Two.
# TYPE b_total counter
b_total{of="x\"\\\n"} 1.099511627776e+12
b_total{c="d",e="ü"} 0
`
	if got := string(p.Bytes()); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func TestAHistogramCountsUpToEachBound(t *testing.T) {
	var h metrics.Histogram
	for _, d := range []time.Duration{-time.Second, time.Millisecond, time.Millisecond + 1, 90 * time.Second, 100 * time.Hour} {
		h.Observe(d)
	}
	var p metrics.Page
	p.Histogram("w_seconds", "W.", &h)
	for _, want := range []string{`_bucket{le="0.001"} 2`, `_bucket{le="0.005"} 3`, `_bucket{le="60"} 3`, `_bucket{le="300"} 4`, `_bucket{le="43200"} 4`,
		`_bucket{le="+Inf"} 5`, "_sum 360090.002000001", "_count 5"} {
		if !strings.Contains(string(p.Bytes()), "\nw_seconds"+want+"\n") {
			t.Errorf("got\n%s, want in it %s", p.Bytes(), want)
		}
	}
}

// history makes changes of the events of one job, each a transaction of its own.
type history struct {
	job jobs.Job
	to  *metrics.Jobs
	at  time.Time
}

func (h *history) add(t *testing.T, after time.Duration, events ...jobs.Event) {
	t.Helper()
	h.at = h.at.Add(after)
	for i := range events {
		events[i].Seq, events[i].At, events[i].Job = h.job.LastEvent+1, h.at, "A"
		var err error
		if h.job, err = h.job.Apply(events[i]); err != nil {
			t.Fatal(err)
		}
	}
	h.to.Commit([]store.Change{{Job: &h.job, Events: events}})
}

func worked(bytes int64) jobs.Progress { return jobs.Progress{Bytes: jobs.Count{Done: bytes}} }

func TestWhatHappensToJobsIsCounted(t *testing.T) {
	const second = time.Second
	queued, started := jobs.Event{Kind: jobs.KindQueued}, jobs.Event{Kind: jobs.KindStarted, Attempt: 1}
	for name, test := range map[string]struct {
		happens func(t *testing.T, h *history)
		want    []string
	}{
		"an export": {func(t *testing.T, h *history) {
			h.add(t, 0, queued)
			h.add(t, 3*second, started)
			h.add(t, second, jobs.Event{Kind: jobs.KindProgress, Progress: worked(10)})
			h.add(t, second, jobs.Event{Kind: jobs.KindReady, File: jobs.File{Size: 7}, Progress: worked(30)})
			h.add(t, second, jobs.Event{Kind: jobs.KindExpired})
		}, []string{`events_total{kind="queued"} 1`, `events_total{kind="ready"} 1`, `events_total{kind="failed"} 0`, `commits_total 5`, `assembled_bytes_total 30`,
			`made_bytes_total 7`, `wait_seconds_sum 3`, `wait_seconds_count 1`, `run_seconds_sum 2`, `run_seconds_count 1`, `reused_total 0`}},
		"one that is interrupted, and goes on": {func(t *testing.T, h *history) {
			h.add(t, 0, queued)
			h.add(t, second, started)
			h.add(t, 0, jobs.Event{Kind: jobs.KindProgress, Progress: worked(50)})
			h.add(t, second, jobs.Event{Kind: jobs.KindRequeued})
			h.add(t, 9*second, jobs.Event{Kind: jobs.KindStarted, Attempt: 2, Progress: worked(40)})
			h.add(t, 4*second, jobs.Event{Kind: jobs.KindReady, File: jobs.File{Size: 1}, Progress: worked(60)})
		}, []string{`assembled_bytes_total 70`, `wait_seconds_sum 1`, `wait_seconds_count 1`, `run_seconds_sum 4`, `events_total{kind="started"} 2`}},
		"one that fails": {func(t *testing.T, h *history) {
			h.add(t, 0, queued)
			h.add(t, 0, started)
			h.add(t, second, jobs.Event{Kind: jobs.KindFailed, Failure: jobs.Failure{Code: "too_large"}})
		}, []string{`failures_total{code="too_large"} 1`, `run_seconds_sum 1`, `made_bytes_total 0`}},
		"one that is canceled while it waits": {func(t *testing.T, h *history) {
			h.add(t, 0, queued)
			h.add(t, second, jobs.Event{Kind: jobs.KindCanceled})
		}, []string{`events_total{kind="canceled"} 1`, `wait_seconds_count 0`, `run_seconds_count 0`}},
		"one whose file is there": {func(t *testing.T, h *history) {
			h.add(t, 0, queued, started, jobs.Event{Kind: jobs.KindReady, File: jobs.File{Size: 7}, Progress: worked(30)})
		}, []string{`reused_total 1`, `made_bytes_total 0`, `assembled_bytes_total 0`, `wait_seconds_count 0`, `run_seconds_count 0`, `commits_total 1`}},
	} {
		t.Run(name, func(t *testing.T) {
			h := &history{to: &metrics.Jobs{}, at: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)}
			test.happens(t, h)
			var p metrics.Page
			h.to.Write(&p)
			for _, want := range test.want {
				if !strings.Contains(string(p.Bytes()), "_"+want+"\n") {
					t.Errorf("got\n%s, want in it %s", p.Bytes(), want)
				}
			}
		})
	}
}
