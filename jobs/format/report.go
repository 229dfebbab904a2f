package format

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

const (
	reportName = "EXPORT-REPORT"
	reportExt  = ".txt"
	reportHead = "This archive does not hold everything as the source had it.\n" +
		"Each line below says what is different: a code, the path, and what happened.\n\n"
)

// report adds the list of all warnings as the last entry, if there are any.
func (a *archive) report(ctx context.Context) error {
	warnings := a.warnings()
	if len(warnings) == 0 {
		return nil
	}
	text := reportText(warnings)
	return a.out.add(ctx, member{
		name:    a.reportName(a.plan.Entries),
		mode:    0o644,
		modTime: newest(a.plan.Entries),
		size:    int64(len(text)),
	}, text)
}

// reportName returns a name at the root of the archive that no entry has,
// however a file system folds its case.
func (a *archive) reportName(entries []source.Entry) string {
	taken := map[string]bool{}
	for _, e := range entries {
		root, _, _ := strings.Cut(a.names.name(e.Path), "/")
		if len(root) >= len(reportName) && strings.EqualFold(root[:len(reportName)], reportName) {
			taken[strings.ToUpper(root)] = true
		}
	}
	name := reportName + reportExt
	for i := 2; taken[strings.ToUpper(name)]; i++ {
		name = reportName + "-" + strconv.Itoa(i) + reportExt
	}
	return name
}

// reportText has a line for each warning.
func reportText(warnings []jobs.Warning) []byte {
	b := []byte(reportHead)
	for _, w := range warnings {
		b = append(b, w.Code...)
		b = append(b, '\t')
		b = append(b, printable(w.Path)...)
		b = append(b, '\t')
		b = append(b, printable(w.Message)...)
		if w.Count > 1 {
			b = append(b, " ("...)
			b = strconv.AppendInt(b, w.Count, 10)
			b = append(b, " times)"...)
		}
		b = append(b, '\n')
	}
	return b
}

// printable returns s, quoted as in Go if it could be misread.
func printable(s string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	if !utf8.ValidString(s) || strings.HasPrefix(s, `"`) || strings.ContainsFunc(s, odd) {
		return strconv.Quote(s)
	}
	return s
}

// newest returns the time of the report: no clock has a say in an archive.
func newest(entries []source.Entry) time.Time {
	t := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, e := range entries {
		if e.ModTime.After(t) {
			t = e.ModTime
		}
	}
	return time.Unix(t.Unix(), 0).UTC()
}
