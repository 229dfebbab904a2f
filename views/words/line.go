package words

import (
	"strconv"

	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
)

// Line is an event as a line of a job's log.
func Line(e jobs.Event) string {
	switch e.Kind {
	case jobs.KindQueued:
		if e.Seq > 1 {
			return "asked for once more, " + Place(e.Place)
		}
		return "accepted, " + Place(e.Place)
	case jobs.KindStarted:
		return started(e)
	case jobs.KindProgress:
		return progress(e.Progress)
	case jobs.KindWarning:
		return "warning: " + warning(e.Warning)
	case jobs.KindRequeued:
		return because("put back into the queue", e.Reason)
	case jobs.KindReady:
		return "ready: " + e.File.Name + ", " + human.Bytes(e.File.Size)
	case jobs.KindFailed:
		return because("failed", e.Failure.Message)
	case jobs.KindCanceled:
		return because("canceled", e.Reason)
	case jobs.KindExpired:
		if e.Reason == "" {
			return removed + ", its time was over"
		}
		return because(removed, e.Reason)
	case jobs.KindReset:
		return "the log goes on from here"
	}
	return string(e.Kind)
}

// LineTone is the tone of a line that somebody should see; others have none.
func LineTone(k jobs.Kind) Tone {
	switch k {
	case jobs.KindWarning, jobs.KindRequeued:
		return Warn
	case jobs.KindFailed:
		return Bad
	case jobs.KindReady:
		return OK
	}
	return ""
}

func started(e jobs.Event) string {
	line := "started"
	if e.Attempt > 1 {
		line += " again, attempt " + strconv.Itoa(e.Attempt)
	}
	if n := e.Progress.Bytes.Done; n > 0 {
		line += ", " + human.Bytes(n) + " already done"
	}
	return line
}

// progress names the phase and then what is known, without files or rows: an
// event on its own does not say which of the two a job counts.
func progress(p jobs.Progress) string {
	line := ""
	switch p.Phase {
	case jobs.Planning:
		line = "counting"
		if p.Items.Total.Known {
			line += " · " + human.Count(p.Items.Total.Value) + " found"
		}
	case jobs.Sealing:
		return "sealing the file"
	default:
		if f := p.Fraction; f.Known && f.Value > 0 {
			line = strconv.Itoa(int(min(f.Value, 0.999)*100+1e-9)) + "% · "
		}
		line += amount(p.Bytes)
	}
	if p.Current != "" {
		line += " · " + p.Current
	}
	return line
}

func amount(b jobs.Count) string {
	if b.Total.Known {
		return human.Bytes(b.Done) + " of " + human.Bytes(b.Total.Value)
	}
	return human.Bytes(b.Done)
}

// warning is the sentence, and the path unless the sentence quotes it already.
func warning(w jobs.Warning) string {
	line := w.Message
	if w.Path != "" && !contains(line, "“"+w.Path+"”") {
		line = w.Path + ": " + line
	}
	if w.Count > 1 {
		line += " (" + human.Of(w.Count, "case", "cases") + ")"
	}
	return line
}

func contains(text, part string) bool {
	for i := 0; i+len(part) <= len(text); i++ {
		if text[i:i+len(part)] == part {
			return true
		}
	}
	return false
}

func because(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}
