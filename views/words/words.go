// Package words says about a job what people want to know, in finished words.
//
// [Of] turns a job, as it stands at a moment, into a [Live]: everything about
// it that changes while somebody looks at it. The pages are rendered from a
// Live, the browser's client puts a newer one into the same places by the keys
// of [Live.Each], and the terminal prints it; so all three say the same. [Line]
// tells one event of a job's history.
//
// What is not known is the empty string. Times are UTC.
//
// Nothing goes wrong here: a job or an event of a kind that this program does
// not know yet gets its own name for words.
//
// The package runs in the browser, where every kilobyte is waited for, so it
// neither formats with fmt nor writes dates, and does the little it needs of
// package strings itself.
package words

import (
	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
)

// State is where a job stands. A running job is said to be in its phase.
func State(j jobs.Job) string {
	switch j.State {
	case jobs.Queued:
		return "Waiting"
	case jobs.Running:
		return Phase(j.Progress.Phase, j.Spec)
	case jobs.Ready:
		return "Ready"
	case jobs.Failed:
		return "Failed"
	case jobs.Canceled:
		return "Canceled"
	case jobs.Expired:
		return "Expired"
	}
	return string(j.State)
}

// Phase is what a job of that spec is doing in that phase. No phase yet is the
// moment between the claim and the first look at the source.
func Phase(p jobs.Phase, s jobs.Spec) string {
	switch p {
	case "":
		return "Starting"
	case jobs.Planning:
		return "Counting"
	case jobs.Assembling:
		return assembling(s)
	case jobs.Sealing:
		return "Sealing"
	}
	return string(p)
}

func assembling(s jobs.Spec) string {
	switch {
	case s.Table != "":
		return "Writing"
	case s.Format == "tar":
		return "Packing"
	}
	return "Compressing"
}

// Tone is how a state feels. It colors what the words say and never stands
// for them.
type Tone string

// The tones.
const (
	Run  Tone = "run"  // at work
	OK   Tone = "ok"   // as it should be
	Bad  Tone = "bad"  // needs somebody
	Warn Tone = "warn" // waits
	Mute Tone = "mute" // over, and no longer of interest
)

// ToneOf is the tone of a state.
func ToneOf(s jobs.State) Tone {
	switch s {
	case jobs.Queued:
		return Warn
	case jobs.Running:
		return Run
	case jobs.Ready:
		return OK
	case jobs.Failed:
		return Bad
	}
	return Mute
}

// Name is the name of a job's file, or what it will be called.
func Name(j jobs.Job) string {
	if j.File.Name != "" {
		return j.File.Name
	}
	if j.Spec.Format == "" {
		return j.Spec.Subject()
	}
	return j.Spec.Subject() + "." + j.Spec.Format
}

// Spec is what was asked for: "all of docs · zip", "reports/2026 and 2 more of
// docs · tar.gz", "orders of shop, 3 columns · csv".
func Spec(s jobs.Spec) string {
	what := "all of " + s.Source
	switch {
	case s.Table != "" && len(s.Columns) > 0:
		what = s.Table + " of " + s.Source + ", " + human.Of(int64(len(s.Columns)), "column", "columns")
	case s.Table != "":
		what = s.Table + " of " + s.Source
	case len(s.Paths) > 0:
		what = several(s.Paths) + " of " + s.Source
	}
	return what + " · " + s.Format
}

// several is the first of some names, and how many more there are.
func several(names []string) string {
	switch len(names) {
	case 1:
		return names[0]
	case 2:
		return names[0] + " and " + names[1]
	}
	return names[0] + " and " + human.Count(int64(len(names)-1)) + " more"
}

// things is what a job of that spec is made of.
func things(n int64, s jobs.Spec) string {
	if s.Table != "" {
		return human.Of(n, "row", "rows")
	}
	return human.Of(n, "item", "items")
}
