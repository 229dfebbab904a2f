package format

import (
	"io/fs"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// A change is something that the archive does not have as the plan has it,
// because of the options or because no archive can.
type change struct {
	path string
	why  why
	name string // of the last part of path, or of a link's target, in the archive
}

// why says why there is a change.
type why int

const (
	notText   why = iota // the name is not UTF-8
	notTaken             // the name has what systems take for something else
	notShort             // the name is too long
	notUnique            // the name differs from another in its case or its accents alone
	notTarget            // the target of a link cannot stand there
	notWanted            // it is a link, and links are to be left out

	whys = 6
)

// skipLinks takes the links out of the plan.
func (a *archive) skipLinks() {
	kept := make([]source.Entry, 0, len(a.plan.Entries))
	for _, e := range a.plan.Entries {
		if e.Mode&fs.ModeSymlink != 0 {
			a.changes = append(a.changes, change{path: e.Path, why: notWanted})
		} else {
			kept = append(kept, e)
		}
	}
	a.plan.Entries = kept
}

// warning says in words what was changed.
func (c change) warning() jobs.Warning {
	w := jobs.Warning{Code: "renamed", Path: c.path}
	switch c.why {
	case notWanted:
		w.Code, w.Message = "link", "A link, left out as was asked."
		return w
	case notText:
		w.Message = "The name is not valid UTF-8"
	case notTaken:
		w.Message = "Not every system takes this name"
	case notShort:
		w.Message = "The name is too long for most systems"
	case notUnique:
		w.Message = "Another name differs from it only in case, or in how accents are written"
	case notTarget:
		w.Message = "An archive cannot say where this link leads as the source does"
	}
	w.Message += "; in the archive it is “" + printable(c.name) + "”."
	return w
}

// summary has one warning for each reason, so that many names do not crowd out
// what was lost: the report lists them all.
func summary(changes []change) (list []jobs.Warning) {
	var count [whys]int64
	for _, c := range changes {
		count[c.why]++
	}
	for _, c := range changes {
		n := count[c.why]
		if n == 0 {
			continue // told
		}
		w := c.warning()
		if n > 1 {
			w.Count, w.Message = n, c.why.sentence()
		}
		list = append(list, w)
		count[c.why] = 0
	}
	return list
}

// sentence says it of many at once.
func (w why) sentence() string {
	const listed = ", are written otherwise in the archive; its report lists them."
	switch w {
	case notWanted:
		return "This link and others are left out, as was asked; the report in the archive lists them."
	case notText:
		return "This name and others, which are not valid UTF-8" + listed
	case notTaken:
		return "This name and others, which not every system takes" + listed
	case notShort:
		return "This name and others, which are too long for most systems" + listed
	case notUnique:
		return "This name and others, which differ from another one only in case, or in how accents are written" + listed
	}
	return "Where this link and others lead, which an archive cannot say as the source does, is written otherwise; the report in the archive lists them."
}
