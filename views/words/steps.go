package words

import (
	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
)

// Step is one stretch of the way from a request to its file.
type Step struct {
	Name string // "Queued", "Counting", "Compressing", "Sealing", "Ready"
	Took string // "4 s", where it is known
	At   Stage
}

// Stage is how far a job has come with a step.
type Stage string

// The stages.
const (
	Past    Stage = "done"
	Present Stage = "now"
	Broken  Stage = "stopped" // the job ended here, without a file
	Future  Stage = "later"
)

// Steps is the whole way of the job j, with the stage of each step.
func Steps(j jobs.Job) []Step {
	steps := []Step{
		{Name: "Queued", Took: waited(j)},
		{Name: Phase(jobs.Planning, j.Spec)},
		{Name: Phase(jobs.Assembling, j.Spec)},
		{Name: Phase(jobs.Sealing, j.Spec)},
		{Name: "Ready"},
	}
	at, here := position(j), Present
	switch j.State {
	case jobs.Ready, jobs.Expired:
		here = Past
	case jobs.Failed, jobs.Canceled:
		here = Broken
	}
	for i := range steps {
		switch {
		case i < at:
			steps[i].At = Past
		case i == at:
			steps[i].At = here
		default:
			steps[i].At = Future
		}
	}
	return steps
}

// position is the step at which j stands, or stood when it ended.
func position(j jobs.Job) int {
	switch {
	case j.State == jobs.Ready, j.State == jobs.Expired:
		return 4
	case j.State == jobs.Queued, j.Started.IsZero():
		return 0
	}
	switch j.Progress.Phase {
	case jobs.Assembling:
		return 2
	case jobs.Sealing:
		return 3
	}
	return 1
}

// waited is how long the job was in the queue, unless it was there more than
// once.
func waited(j jobs.Job) string {
	if j.State == jobs.Queued || j.Started.IsZero() || j.Attempt != 1 {
		return ""
	}
	return human.Duration(j.Started.Sub(j.Created).Milliseconds())
}
