package views

import (
	"strconv"
	"strings"

	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
	"example.org/carryout/views/words"
)

// JobPage is GET /jobs/{id}: one job, as it stands.
type JobPage struct {
	Shell
	Job     jobs.Job
	Live    words.Live
	Summary string // what was asked for, as [words.Spec] says it
	Steps   []words.Step
	Log     []LogLine // oldest first
	Earlier bool      // the log has older lines than these
	Speeds  []int64   // bytes a second, of late, oldest first; drawn if there are three or more
	Again   string    // address of the form filled with the same request
	Base    string    // scheme and host for lines to be copied, such as "http://127.0.0.1:8080"
}

// LogLine is one event of a job's history.
type LogLine struct {
	Seq   int64
	Clock string // time of day, UTC
	Text  string
	Tone  words.Tone // of what somebody should see; else empty
}

// Log is the log of some events, without progress: the bar shows that better.
func Log(events []jobs.Event) []LogLine {
	lines := make([]LogLine, 0, len(events))
	for _, e := range events {
		if e.Kind == jobs.KindProgress {
			continue
		}
		lines = append(lines, LogLine{
			Seq: e.Seq, Clock: human.Clock(e.At.UnixMilli()), Text: words.Line(e), Tone: words.LineTone(e.Kind),
		})
	}
	return lines
}

// active reports whether the page will change by itself.
func (p JobPage) active() bool { return !p.Job.State.Done() }

func (p JobPage) kept() bool { return p.Job.State == jobs.Ready }

// again reports whether a new attempt may be asked for.
func (p JobPage) again() bool { return jobs.KindQueued.Follows(p.Job.State) }

// checkLine is the command that compares a download with its hash.
func (p JobPage) checkLine() string {
	return "echo " + quote(p.Job.File.SHA256+"  "+p.Job.File.Name) + " | sha256sum -c"
}

// quote is s as one word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

const sparkWide, sparkHigh = 300, 56

// sparkLine is the path of a curve of speeds, from zero to the fastest.
func sparkLine(speeds []int64) string {
	top := int64(1)
	for _, v := range speeds {
		top = max(top, v)
	}
	var path strings.Builder
	for i, v := range speeds {
		x := i * sparkWide / (len(speeds) - 1)
		y := sparkHigh - 2 - int(float64(max(0, v))/float64(top)*(sparkHigh-6))
		path.WriteString([...]string{"M", " L"}[min(i, 1)] + strconv.Itoa(x) + " " + strconv.Itoa(y))
	}
	return path.String()
}

// sparkArea is the path of what lies below a [sparkLine].
func sparkArea(speeds []int64) string {
	return sparkLine(speeds) + " V" + strconv.Itoa(sparkHigh) + " H0 Z"
}

// sparkLabel says the curve in words.
func sparkLabel(speeds []int64) string {
	low, high := speeds[0], speeds[0]
	for _, v := range speeds {
		low, high = min(low, v), max(high, v)
	}
	return "Speed of late, between " + human.Rate(low) + " and " + human.Rate(high)
}
