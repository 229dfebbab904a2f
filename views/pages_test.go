package views_test

import (
	"time"

	"github.com/a-h/templ"

	"example.org/carryout/jobs"
	"example.org/carryout/views"
	"example.org/carryout/views/human"
	"example.org/carryout/views/words"
)

const gib = 1 << 30

var (
	began = time.Date(2026, 11, 21, 2, 11, 8, 0, time.UTC)
	now   = began.Add(157 * time.Second)
	shell = views.Shell{Retain: "3 days"}
)

// pages are all pages in all the states that look different, by the name of
// their golden file.
func pages() map[string]templ.Component {
	return map[string]templ.Component{
		"new":          views.New(newFolder()),
		"new-database": views.New(newDatabase()),
		"new-refused":  views.New(newRefused()),
		"new-empty":    views.New(views.NewPage{}),
		"job-waiting":  views.Job(jobPage(waiting())),
		"job-counting": views.Job(jobPage(counting())),
		"job-running":  views.Job(runningPage()),
		"job-ready":    views.Job(jobPage(ready())),
		"job-failed":   views.Job(failedPage()),
		"job-canceled": views.Job(jobPage(canceled())),
		"job-expired":  views.Job(jobPage(expired())),
		"jobs":         views.Jobs(jobsPage()),
		"jobs-none":    views.Jobs(views.JobsPage{Shell: shell}),
		"jobs-no-such": views.Jobs(views.JobsPage{Shell: shell, Filters: filters(), Some: true}),
		"problem":      views.Problem(problemPage()),
	}
}

func running() jobs.Job {
	return jobs.Job{
		ID: "K3ZD7QW5N2PXA4MTRB6VYCHJLE", State: jobs.Running, Attempt: 1, LastEvent: 17,
		Created: began.Add(-4 * time.Second), Started: began,
		Spec: jobs.Spec{Source: "docs", Paths: []string{"reports/2026", "readme.md", "images"}, Format: "zip"},
		Progress: jobs.Progress{
			Phase: jobs.Assembling, Fraction: jobs.Known(0.429), Current: "reports/2026/07 – Übersicht.pdf",
			Bytes: jobs.Count{Done: gib * 181 / 100, Total: jobs.Known[int64](gib * 43 / 10)},
			Items: jobs.Count{Done: 18204, Total: jobs.Known[int64](20000)},
			Rate:  jobs.Known[int64](12_373_197),
			Left:  jobs.Known(jobs.Span{Low: 190 * time.Second, High: 230 * time.Second}),
		},
	}
}

func waiting() jobs.Job {
	j := running()
	j.ID, j.State, j.Place, j.Started, j.Progress, j.LastEvent = "W"+j.ID[1:], jobs.Queued, 2, time.Time{}, jobs.Progress{}, 1
	j.Spec = jobs.Spec{Source: "go", Format: "tar.zst"}
	return j
}

func counting() jobs.Job {
	j := running()
	j.ID, j.LastEvent = "C"+j.ID[1:], 3
	j.Progress = jobs.Progress{
		Phase: jobs.Planning,
		Items: jobs.Count{Total: jobs.Known[int64](11478)}, Bytes: jobs.Count{Total: jobs.Known[int64](127_600_000)},
	}
	return j
}

func ready() jobs.Job {
	j := running()
	j.ID, j.State, j.LastEvent, j.Finished, j.Expires = "R"+j.ID[1:], jobs.Ready, 41, now, now.Add(71*time.Hour+58*time.Minute)
	j.Warnings = 3
	j.Progress = jobs.Progress{Phase: jobs.Sealing, Fraction: jobs.Known(1.0), Items: jobs.Count{Done: 20000, Total: jobs.Known[int64](20000)}}
	j.File = jobs.File{Name: "docs.zip", Size: gib * 39 / 10, Type: "application/zip", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
	return j
}

func failed() jobs.Job {
	j := running()
	j.ID, j.State, j.LastEvent, j.Finished = "F"+j.ID[1:], jobs.Failed, 23, now
	j.Spec = jobs.Spec{Source: "shop", Table: "orders", Columns: []string{"id", "total"}, Format: "csv"}
	j.Failure = jobs.Failure{Code: "source_gone", Message: "The source shop could not be read any further: it is no longer there."}
	return j
}

func canceled() jobs.Job {
	j := running()
	j.ID, j.State, j.LastEvent, j.Finished = "X"+j.ID[1:], jobs.Canceled, 19, now
	j.Spec.Format = "tar.gz"
	return j
}

func expired() jobs.Job {
	j := ready()
	j.ID, j.State, j.LastEvent, j.Warnings = "E"+j.ID[1:], jobs.Expired, 42, 0
	j.File.Name, j.File.Size = "a very long name that somebody gave to his files without a thought of phones-2025-final-final.zip", 611<<20
	return j
}

func history(j jobs.Job) []jobs.Event {
	at := func(s int) time.Time { return j.Created.Add(time.Duration(s) * time.Second) }
	all := []jobs.Event{
		{Seq: 1, At: at(0), Kind: jobs.KindQueued, Place: 1},
		{Seq: 2, At: at(4), Kind: jobs.KindStarted, Attempt: 1},
		{Seq: 3, At: at(5), Kind: jobs.KindProgress, Progress: j.Progress},
		{Seq: 9, At: at(31), Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "unreadable", Path: "reports/2026/private/salaries-of-the-whole-company.xlsx", Message: "It may not be read, so it was left out."}},
	}
	switch j.State {
	case jobs.Queued:
		return all[:1]
	case jobs.Ready, jobs.Expired:
		all = append(all, jobs.Event{Seq: 41, At: at(161), Kind: jobs.KindReady, File: j.File})
	case jobs.Failed:
		all = append(all, jobs.Event{Seq: 23, At: at(161), Kind: jobs.KindFailed, Failure: j.Failure})
	case jobs.Canceled:
		all = append(all, jobs.Event{Seq: 19, At: at(161), Kind: jobs.KindCanceled, Reason: "somebody asked for it"})
	}
	return all
}

func jobPage(j jobs.Job) views.JobPage {
	return views.JobPage{
		Shell: shell, Job: j, Live: words.Of(j, now), Summary: words.Spec(j.Spec), Steps: words.Steps(j),
		Log: views.Log(history(j)), Again: "/?source=docs&format=zip", Base: "http://127.0.0.1:8080",
	}
}

func runningPage() views.JobPage {
	p := jobPage(running())
	p.Earlier = true
	p.Speeds = []int64{9e6, 11e6, 10e6, 13e6, 12e6, 14e6, 12.5e6, 13e6, 11e6, 12e6, 14.5e6, 13.8e6, 15e6, 13e6, 14e6}
	return p
}

func failedPage() views.JobPage {
	p := jobPage(failed())
	return p
}

func row(j jobs.Job) views.JobRow {
	return views.JobRow{Job: j, Live: words.Of(j, now), Ago: human.Ago(now.Sub(j.Created).Milliseconds())}
}

func rows() []views.JobRow {
	return []views.JobRow{row(waiting()), row(running()), row(counting()), row(ready()), row(failed()), row(canceled()), row(expired())}
}

func filters() []views.Filter {
	return []views.Filter{
		{Link: views.Link{Text: "All", URL: "/jobs"}, Count: "7", Current: true},
		{Link: views.Link{Text: "Waiting", URL: "/jobs?state=queued"}, Count: "1"},
		{Link: views.Link{Text: "Running", URL: "/jobs?state=running"}, Count: "2"},
		{Link: views.Link{Text: "Ready", URL: "/jobs?state=ready"}, Count: "1"},
		{Link: views.Link{Text: "Failed", URL: "/jobs?state=failed"}, Count: "1"},
		{Link: views.Link{Text: "Canceled", URL: "/jobs?state=canceled"}},
		{Link: views.Link{Text: "Expired", URL: "/jobs?state=expired"}},
	}
}

func jobsPage() views.JobsPage {
	return views.JobsPage{Shell: shell, Filters: filters(), Rows: rows(), Older: "/jobs?cursor=abc", Newest: "/jobs"}
}

func problemPage() views.ProblemPage {
	return views.ProblemPage{
		Shell: shell, Status: 404, Title: "There is no such job",
		Message: "It may have been deleted, or its address was not copied to the end.",
		Ways:    []views.Link{{Text: "See all jobs", URL: "/jobs"}, {Text: "Start a new export", URL: "/"}},
	}
}

func sources(chosen string) []views.Choice {
	all := []views.Choice{
		{Value: "docs", Title: "docs", Hint: "5,000 files · 200 MiB", Kind: "folder"},
		{Value: "go", Title: "go", Hint: "11,478 files · 122 MiB", Kind: "folder"},
		{Value: "shop", Title: "shop", Hint: "3 tables", Kind: "database"},
	}
	for i := range all {
		all[i].Chosen = all[i].Value == chosen
	}
	return all
}

func newFolder() views.NewPage {
	return views.NewPage{
		Shell: shell, Key: "a-key-of-this-page", Sources: sources("docs"), Chosen: true, Folder: true,
		Open: []string{"reports", "reports/2026"}, Beyond: []string{"images/2025/summer/beach.jpg"}, More: true,
		Tree: []views.Branch{
			{Path: "images", Name: "images", Folder: true},
			{Path: "reports", Name: "reports", Folder: true, Open: true, Children: []views.Branch{
				{Path: "reports/2025", Name: "2025", Folder: true},
				{Path: "reports/2026", Name: "2026", Folder: true, Open: true, Chosen: true, Children: []views.Branch{
					{Path: "reports/2026/07.pdf", Name: "07 – Übersicht <Entwurf> & \"Anhang\".pdf", Size: "1.2 MiB"},
					{Path: "reports/2026/08.pdf", Name: "08.pdf", Size: "880 KiB"},
				}},
				{Path: "reports/old", Name: "old", Folder: true, Open: true},
			}},
			{Path: "readme.md", Name: "readme.md", Size: "4 KiB", Chosen: true},
		},
		Formats: []views.Choice{
			{Value: "zip", Title: "ZIP archive", Hint: "opens anywhere", Chosen: true},
			{Value: "tar.gz", Title: "tar.gz", Hint: "for Unix and Linux"},
			{Value: "tar.zst", Title: "tar.zst", Hint: "smaller and faster"},
		},
		Options: []views.Select{{Name: "level", Title: "Compression", Values: []views.Choice{
			{Value: "fastest", Title: "Fastest"}, {Value: "default", Title: "Balanced", Chosen: true}, {Value: "smallest", Title: "Smallest"},
		}}},
		Recent: rows()[:5],
	}
}

func newDatabase() views.NewPage {
	return views.NewPage{
		Shell: shell, Sources: sources("shop"), Chosen: true,
		Tables: []views.Choice{
			{Value: "customers", Title: "customers", Hint: "100,000 rows"},
			{Value: "orders", Title: "orders", Hint: "2,000,000 rows", Chosen: true},
			{Value: "products", Title: "products", Hint: "1,000 rows"},
		},
		Columns: []views.Column{
			{Name: "id", Type: "INTEGER", Chosen: true}, {Name: "customer", Type: "INTEGER"}, {Name: "placed", Type: "TEXT"},
			{Name: "total", Type: "REAL", Chosen: true}, {Name: "note", Type: "TEXT"}, {Name: "receipt", Type: "BLOB"},
		},
		Preview: &views.Preview{
			Columns: []string{"id", "customer", "placed", "total", "note", "receipt"},
			Rows: [][]string{
				{"1", "4711", "2026-01-01T00:00:12Z", "19.9", "Please ring twice, \"really\"", "NULL"},
				{"2", "815", "2026-01-01T00:01:40Z", "240", "NULL", "4a2f00…"},
			},
		},
		Formats: []views.Choice{
			{Value: "csv", Title: "CSV", Hint: "for spreadsheets", Chosen: true},
			{Value: "jsonl", Title: "JSON Lines", Hint: "for programs"},
		},
	}
}

func newRefused() views.NewPage {
	p := newFolder()
	p.Errors = views.Errors{
		"":              "Two fields need another look.",
		"paths":         "There is no reports/2026 in docs any more.",
		"options.level": "Choose one of the levels in the list.",
	}
	return p
}
