package format

import (
	"context"

	"example.org/carryout/jobs"
)

const (
	portable = "portable"
	exact    = "exact"
	keep     = "keep"
	skip     = "skip"
	report   = "report"
	fail     = "fail"
)

// archiveOptions are those of all archives.
func archiveOptions(names string) []Option {
	return []Option{{
		Name:    "names",
		Title:   "Names that Windows cannot hold",
		Default: names,
		Values:  []Choice{{portable, "Changed, and reported"}, {exact, "Kept as they are"}},
	}, {
		Name:    "links",
		Title:   "Links",
		Default: keep,
		Values:  []Choice{{keep, "Kept as links"}, {skip, "Left out"}},
	}, {
		Name:    "on_error",
		Title:   "What cannot be read",
		Default: report,
		Values:  []Choice{{report, "Left out, and reported"}, {fail, "Makes the export fail"}},
	}}
}

// prepare does to the plan what the options say. Every run of a job does the
// same.
func (a *archive) prepare(ctx context.Context) error {
	a.strict = a.task.Options["on_error"] == fail
	if a.strict && len(a.plan.Warnings) > 0 {
		return asked(a.plan.Warnings[0])
	}
	if a.task.Options["links"] == skip {
		a.skipLinks()
	}
	a.names = nameAll(ctx, a.plan, a.rules.with(a.task.Options["names"] == portable))
	a.changes = append(a.changes, a.names.changes...)
	return ctx.Err()
}

// asked returns what ends a job that was asked to end for such a thing.
func asked(w jobs.Warning) *jobs.Failure {
	became := map[string]string{
		"unreadable":    "could not be read",
		"vanished":      "was gone before it could be read",
		"changed":       "changed during the export",
		"special_file":  "is neither a file nor a folder nor a link",
		"name_too_long": "has a name that is too long for an archive",
		"path_too_long": "holds paths that are too long",
	}[w.Code]
	if became == "" {
		became = "could not be exported as it is"
	}
	return &jobs.Failure{Code: w.Code, Message: "“" + shorten(printable(w.Path), 300) + "” " + became +
		", and this export was to fail then. Ask for a report instead, or see to it and try again."}
}
