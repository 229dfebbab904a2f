package words

import (
	"strconv"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
)

// Live is everything about a job that changes while it is looked at. A text
// that there is nothing to say for is empty.
type Live struct {
	Name     string // "docs.zip"
	State    string // "Waiting", "Compressing", "Ready"
	Percent  string // "42%", rounded down; "100%" only of what is ready
	Left     string // "about 3 to 4 min left", "2nd in the queue", "6 days left"
	Done     string // "1.81 GiB of 4.3 GiB"
	Items    string // "18,204 of 20,000 items"
	Speed    string // "11.8 MiB/s"
	Elapsed  string // "2 min 37 s"
	Current  string // "reports/2026/07.pdf"
	Warnings string // "3 things were left out or changed"
	Title    string // of the document: "42% · docs.zip"

	// Say is for those who hear the page. It is told aloud whenever it
	// changes, so it has no number but every tenth percent.
	Say string

	Fraction float64 // 0 to 1, 1 only of what is ready; -1: not known
	Tone     Tone
}

// Of says how the job j stands at the moment now.
func Of(j jobs.Job, now time.Time) Live {
	f := fraction(j)
	l := Live{
		Name: Name(j), State: State(j), Percent: percent(j, f), Left: left(j, now),
		Done: done(j), Items: items(j), Elapsed: elapsed(j, now),
		Warnings: Warnings(j.Warnings), Fraction: f, Tone: ToneOf(j.State),
	}
	if j.State == jobs.Running {
		l.Current = j.Progress.Current
		if j.Progress.Rate.Known {
			l.Speed = human.Rate(j.Progress.Rate.Value)
		}
	}
	l.Title, l.Say = title(l, j.State), say(l, j.State)
	return l
}

// Each calls set for every text that changes, with the key under which a page
// marks its place.
func (l Live) Each(set func(key, text string)) {
	set("name", l.Name)
	set("state", l.State)
	set("percent", l.Percent)
	set("left", l.Left)
	set("done", l.Done)
	set("items", l.Items)
	set("speed", l.Speed)
	set("elapsed", l.Elapsed)
	set("current", l.Current)
	set("warnings", l.Warnings)
	set("say", l.Say)
}

// Warnings says how many things are not in the file as the source had them.
func Warnings(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n == 1:
		return "1 thing was left out or changed"
	}
	return human.Count(n) + " things were left out or changed"
}

// fraction is how full a job's bar is. What has stopped keeps the bar it had.
func fraction(j jobs.Job) float64 {
	f := j.Progress.Fraction
	switch j.State {
	case jobs.Ready, jobs.Expired:
		return 1
	case jobs.Queued:
		return 0
	case jobs.Running:
		if !f.Known {
			return -1
		}
	}
	if !(f.Value > 0) { // and not a number is nothing as well
		return 0
	}
	return min(f.Value, 0.999)
}

// percent is empty where there is no point in it: before the start, and once
// the file is gone.
func percent(j jobs.Job, f float64) string {
	switch {
	case j.State == jobs.Queued, j.State == jobs.Expired, f < 0:
		return ""
	case j.State != jobs.Running && j.State != jobs.Ready && f == 0:
		return ""
	}
	// A fraction such as 0.29 lies a little below the number it is written as.
	return strconv.Itoa(int(f*100+1e-9)) + "%"
}

// done is how much has been read or written, or how large the file is.
func done(j jobs.Job) string {
	b := j.Progress.Bytes
	switch {
	case j.State == jobs.Ready, j.State == jobs.Expired:
		return human.Bytes(j.File.Size)
	case j.State == jobs.Queued:
		return ""
	case j.Progress.Phase == jobs.Planning:
		if b.Total.Value > 0 { // a table tells its rows alone
			return human.Bytes(b.Total.Value) + " found"
		}
	case b.Total.Known:
		return human.Bytes(b.Done) + " of " + human.Bytes(b.Total.Value)
	case b.Done > 0:
		return human.Bytes(b.Done)
	}
	return ""
}

func items(j jobs.Job) string {
	n := j.Progress.Items
	switch {
	case j.State == jobs.Queued:
		return ""
	case j.State == jobs.Running && j.Progress.Phase == jobs.Planning && n.Total.Known:
		return things(n.Total.Value, j.Spec) + " found"
	case n.Total.Known && j.State != jobs.Ready && j.State != jobs.Expired:
		return human.Count(n.Done) + " of " + things(n.Total.Value, j.Spec)
	case n.Done > 0:
		return things(n.Done, j.Spec)
	}
	return ""
}

// elapsed is how long the latest attempt has run.
func elapsed(j jobs.Job, now time.Time) string {
	switch {
	case j.Started.IsZero(), j.State == jobs.Queued:
		return ""
	case j.State == jobs.Running:
		return human.Duration(now.Sub(j.Started).Milliseconds())
	}
	return human.Duration(j.Finished.Sub(j.Started).Milliseconds())
}

func title(l Live, s jobs.State) string {
	if s == jobs.Running && l.Percent != "" {
		return l.Percent + " · " + l.Name
	}
	return l.State + " · " + l.Name
}

func say(l Live, s jobs.State) string {
	text := l.Name + ": " + lower(l.State)
	if s == jobs.Running && l.Fraction >= 0.1 {
		text += ", " + strconv.Itoa(int(l.Fraction*10+1e-9)) + "0 percent done"
	}
	return text
}

// lower is a word without its capital.
func lower(word string) string {
	if word == "" || word[0] < 'A' || word[0] > 'Z' {
		return word
	}
	return string(word[0]+'a'-'A') + word[1:]
}
