package words

import (
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
)

// left is what is still to come, or what became of the job.
func left(j jobs.Job, now time.Time) string {
	switch j.State {
	case jobs.Queued:
		return Place(j.Place)
	case jobs.Running:
		return remaining(j.Progress)
	case jobs.Ready:
		return kept(j.Expires, now)
	case jobs.Failed:
		return j.Failure.Message
	case jobs.Canceled:
		if f := percent(j, fraction(j)); f != "" {
			return "stopped at " + f
		}
		return "stopped before it began"
	case jobs.Expired:
		return because(removed, j.Reason)
	}
	return ""
}

// removed is what became of the file of an expired job.
const removed = "the file has been removed"

// Place is where in the queue a job stands, counting from 1; 0 is unknown.
func Place(n int) string {
	switch {
	case n <= 0:
		return "in the queue"
	case n == 1:
		return "next in the queue"
	}
	return human.Ordinal(n) + " in the queue"
}

// remaining is how long a running job still takes.
func remaining(p jobs.Progress) string {
	switch {
	case p.Phase == jobs.Sealing:
		return "a moment left"
	case p.Left.Known && p.Left.Value.High <= 5*time.Second:
		return "a few seconds left"
	case p.Left.Known:
		span := human.Span(p.Left.Value.Low.Milliseconds(), p.Left.Value.High.Milliseconds())
		if span[0] == 'u' { // "up to 40 s" says already that it is no more than an estimate
			return span + " left"
		}
		return "about " + span + " left"
	case p.Phase == jobs.Assembling:
		return "estimating the time left"
	}
	return "finding out how much there is"
}

// kept is how long a finished file stays. Far from the end, days are enough.
func kept(expires, now time.Time) string {
	if expires.IsZero() {
		return "kept until it is deleted"
	}
	d := expires.Sub(now)
	switch {
	case d < time.Second:
		return "about to be removed"
	case d < 72*time.Hour:
		return human.Duration(d.Milliseconds()) + " left"
	}
	return human.Coarse(d.Milliseconds()) + " left"
}
