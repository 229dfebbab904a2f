package words_test

import (
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/views/words"
)

var began = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

const gib = 1 << 30

// running is a job in the middle of its work, two and a half minutes after it
// began.
func running() jobs.Job {
	return jobs.Job{
		ID: "AAAAAAAAAAAAAAAAAAAAAAAAAA", State: jobs.Running, Attempt: 1, Created: began, Started: began,
		Spec: jobs.Spec{Source: "docs", Format: "zip"},
		Progress: jobs.Progress{
			Phase: jobs.Assembling, Fraction: jobs.Known(0.429), Current: "reports/07.pdf",
			Bytes: jobs.Count{Done: gib * 181 / 100, Total: jobs.Known[int64](gib * 43 / 10)},
			Items: jobs.Count{Done: 18204, Total: jobs.Known[int64](20000)},
			Rate:  jobs.Known[int64](12_373_197),
			Left:  jobs.Known(jobs.Span{Low: 190 * time.Second, High: 230 * time.Second}),
		},
	}
}

func with(j jobs.Job, change func(*jobs.Job)) jobs.Job {
	change(&j)
	return j
}

func TestOf(t *testing.T) {
	now := began.Add(157 * time.Second)
	done := with(running(), func(j *jobs.Job) {
		j.State, j.Finished, j.Expires = jobs.Ready, now, now.Add(6*24*time.Hour+time.Hour)
		j.Progress = jobs.Progress{Phase: jobs.Sealing, Fraction: jobs.Known(1.0), Items: jobs.Count{Done: 20000, Total: jobs.Known[int64](20000)}}
		j.File = jobs.File{Name: "docs-2026.zip", Size: 37 << 20}
	})
	for name, c := range map[string]struct {
		job  jobs.Job
		want words.Live
	}{
		"in the middle": {running(), words.Live{
			Name: "docs.zip", State: "Compressing", Percent: "42%", Left: "about 3 to 4 min left",
			Done: "1.81 GiB of 4.3 GiB", Items: "18,204 of 20,000 items", Speed: "11.8 MiB/s", Elapsed: "2 min 37 s",
			Current: "reports/07.pdf", Title: "42% · docs.zip", Say: "docs.zip: compressing, 40 percent done",
			Fraction: 0.429, Tone: words.Run,
		}},
		"waiting": {with(running(), func(j *jobs.Job) {
			j.State, j.Place, j.Started, j.Progress = jobs.Queued, 2, time.Time{}, jobs.Progress{}
		}), words.Live{
			Name: "docs.zip", State: "Waiting", Left: "2nd in the queue",
			Title: "Waiting · docs.zip", Say: "docs.zip: waiting", Tone: words.Warn,
		}},
		"just claimed": {with(running(), func(j *jobs.Job) { j.Progress = jobs.Progress{} }), words.Live{
			Name: "docs.zip", State: "Starting", Left: "finding out how much there is", Elapsed: "2 min 37 s",
			Title: "Starting · docs.zip", Say: "docs.zip: starting", Fraction: -1, Tone: words.Run,
		}},
		"counting a folder": {with(running(), func(j *jobs.Job) {
			j.Progress = jobs.Progress{
				Phase: jobs.Planning,
				Items: jobs.Count{Total: jobs.Known[int64](1)}, Bytes: jobs.Count{Total: jobs.Known[int64](4 << 20)},
			}
		}), words.Live{
			Name: "docs.zip", State: "Counting", Left: "finding out how much there is", Elapsed: "2 min 37 s",
			Done: "4 MiB found", Items: "1 item found",
			Title: "Counting · docs.zip", Say: "docs.zip: counting", Fraction: -1, Tone: words.Run,
		}},
		"a table of unknown size": {with(running(), func(j *jobs.Job) {
			j.Spec = jobs.Spec{Source: "shop", Table: "orders", Format: "csv"}
			j.Progress = jobs.Progress{Phase: jobs.Assembling, Bytes: jobs.Count{Done: 2 << 20}, Items: jobs.Count{Done: 1200}}
		}), words.Live{
			Name: "shop-orders.csv", State: "Writing", Left: "estimating the time left", Elapsed: "2 min 37 s",
			Done: "2 MiB", Items: "1,200 rows",
			Title: "Writing · shop-orders.csv", Say: "shop-orders.csv: writing", Fraction: -1, Tone: words.Run,
		}},
		"at the very end": {with(running(), func(j *jobs.Job) {
			j.Progress = jobs.Progress{Phase: jobs.Sealing, Fraction: jobs.Known(1.0)}
			j.Warnings = 3
		}), words.Live{
			Name: "docs.zip", State: "Sealing", Percent: "99%", Left: "a moment left", Elapsed: "2 min 37 s",
			Warnings: "3 things were left out or changed",
			Title:    "99% · docs.zip", Say: "docs.zip: sealing, 90 percent done", Fraction: 0.999, Tone: words.Run,
		}},
		"ready": {done, words.Live{
			Name: "docs-2026.zip", State: "Ready", Percent: "100%", Left: "6 days left", Done: "37 MiB", Items: "20,000 items",
			Elapsed: "2 min 37 s", Title: "Ready · docs-2026.zip", Say: "docs-2026.zip: ready", Fraction: 1, Tone: words.OK,
		}},
		"failed": {with(running(), func(j *jobs.Job) {
			j.State, j.Finished = jobs.Failed, began.Add(time.Minute)
			j.Failure = jobs.Failure{Code: "source_gone", Message: "The folder is gone."}
		}), words.Live{
			Name: "docs.zip", State: "Failed", Percent: "42%", Left: "The folder is gone.", Elapsed: "1 min",
			Done: "1.81 GiB of 4.3 GiB", Items: "18,204 of 20,000 items",
			Title: "Failed · docs.zip", Say: "docs.zip: failed", Fraction: 0.429, Tone: words.Bad,
		}},
		"canceled while it waited": {with(running(), func(j *jobs.Job) {
			j.State, j.Started, j.Finished, j.Progress = jobs.Canceled, time.Time{}, now, jobs.Progress{}
		}), words.Live{
			Name: "docs.zip", State: "Canceled", Left: "stopped before it began",
			Title: "Canceled · docs.zip", Say: "docs.zip: canceled", Tone: words.Mute,
		}},
		"expired": {with(done, func(j *jobs.Job) { j.State, j.Warnings = jobs.Expired, 1 }), words.Live{
			Name: "docs-2026.zip", State: "Expired", Left: "the file has been removed", Done: "37 MiB", Items: "20,000 items",
			Elapsed: "2 min 37 s", Warnings: "1 thing was left out or changed",
			Title: "Expired · docs-2026.zip", Say: "docs-2026.zip: expired", Fraction: 1, Tone: words.Mute,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := words.Of(c.job, now); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestWhatIsLeft(t *testing.T) {
	ready := func(keep time.Duration) jobs.Job { return jobs.Job{State: jobs.Ready, Expires: began.Add(keep)} }
	estimate := func(low, high time.Duration) jobs.Job {
		return with(running(), func(j *jobs.Job) { j.Progress.Left = jobs.Known(jobs.Span{Low: low, High: high}) })
	}
	for _, c := range []struct {
		job  jobs.Job
		want string
	}{
		{estimate(0, 4*time.Second), "a few seconds left"},
		{estimate(0, 40*time.Second), "up to 40 s left"},
		{estimate(20*time.Second, 30*time.Second), "about 20 to 30 s left"},
		{with(running(), func(j *jobs.Job) { j.State = jobs.Canceled }), "stopped at 42%"},
		{ready(71*time.Hour + 30*time.Minute), "2 days 23 h left"},
		{ready(40 * time.Second), "40 s left"},
		{ready(-time.Hour), "about to be removed"},
		{jobs.Job{State: jobs.Ready}, "kept until it is deleted"},
		{jobs.Job{State: jobs.Queued}, "in the queue"},
		{jobs.Job{State: jobs.Queued, Place: 1}, "next in the queue"},
	} {
		if got := words.Of(c.job, began).Left; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestAPercentageIsRoundedDownAndFullOnlyWhenReady(t *testing.T) {
	for f, want := range map[float64]string{0: "0%", 0.009: "0%", 0.29: "29%", 0.57: "57%", 0.9999: "99%", 1: "99%", 7: "99%", -1: "0%"} {
		j := with(running(), func(j *jobs.Job) { j.Progress.Fraction = jobs.Known(f) })
		if got := words.Of(j, began).Percent; got != want {
			t.Errorf("%v: got %q, want %q", f, got, want)
		}
	}
}

func TestEachHasEveryTextOnce(t *testing.T) {
	got := map[string]string{}
	words.Of(running(), began.Add(157*time.Second)).Each(func(key, text string) {
		if _, twice := got[key]; twice {
			t.Errorf("got %q twice", key)
		}
		got[key] = text
	})
	for key, want := range map[string]string{
		"name": "docs.zip", "state": "Compressing", "percent": "42%", "left": "about 3 to 4 min left",
		"done": "1.81 GiB of 4.3 GiB", "items": "18,204 of 20,000 items", "speed": "11.8 MiB/s",
		"elapsed": "2 min 37 s", "current": "reports/07.pdf", "warnings": "",
		"say": "docs.zip: compressing, 40 percent done",
	} {
		if text, there := got[key]; !there || text != want {
			t.Errorf("%s: got %q, want %q", key, text, want)
		}
	}
	if len(got) != 11 {
		t.Errorf("got %d keys, want 11", len(got))
	}
}

func TestSpec(t *testing.T) {
	for _, c := range []struct {
		spec jobs.Spec
		want string
	}{
		{jobs.Spec{Source: "docs", Format: "zip"}, "all of docs · zip"},
		{jobs.Spec{Source: "docs", Format: "zip", Paths: []string{"a"}}, "a of docs · zip"},
		{jobs.Spec{Source: "docs", Format: "zip", Paths: []string{"a", "b"}}, "a and b of docs · zip"},
		{jobs.Spec{Source: "docs", Format: "tar.gz", Paths: []string{"a", "b", "c"}}, "a and 2 more of docs · tar.gz"},
		{jobs.Spec{Source: "shop", Format: "csv", Table: "orders"}, "orders of shop · csv"},
		{jobs.Spec{Source: "shop", Format: "csv", Table: "orders", Columns: []string{"id"}}, "orders of shop, 1 column · csv"},
	} {
		if got := words.Spec(c.spec); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
