package words_test

import (
	"strings"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/views/words"
)

func TestSteps(t *testing.T) {
	const (
		folder = "Queued Counting Compressing Sealing Ready"
		table  = "Queued Counting Writing Sealing Ready"
	)
	in := func(s jobs.State, p jobs.Phase) jobs.Job {
		return with(running(), func(j *jobs.Job) { j.State, j.Progress.Phase = s, p })
	}
	for _, c := range []struct {
		job           jobs.Job
		names, stages string
	}{
		{with(in(jobs.Queued, ""), func(j *jobs.Job) { j.Spec.Table = "orders" }), table, "now later later later later"},
		{in(jobs.Running, ""), folder, "done now later later later"},
		{in(jobs.Running, jobs.Planning), folder, "done now later later later"},
		{in(jobs.Running, jobs.Assembling), folder, "done done now later later"},
		{in(jobs.Running, jobs.Sealing), folder, "done done done now later"},
		{in(jobs.Ready, jobs.Sealing), folder, "done done done done done"},
		{in(jobs.Expired, jobs.Sealing), folder, "done done done done done"},
		{in(jobs.Failed, jobs.Assembling), folder, "done done stopped later later"},
		{with(in(jobs.Canceled, ""), func(j *jobs.Job) { j.Started = time.Time{} }), folder, "stopped later later later later"},
	} {
		var names, stages []string
		for _, s := range words.Steps(c.job) {
			names, stages = append(names, s.Name), append(stages, string(s.At))
		}
		if got := strings.Join(names, " "); got != c.names {
			t.Errorf("%s: got %q, want %q", c.job.State, got, c.names)
		}
		if got := strings.Join(stages, " "); got != c.stages {
			t.Errorf("%s, %s: got %q, want %q", c.job.State, c.job.Progress.Phase, got, c.stages)
		}
	}
}

func TestTheWaitIsToldWhenThereWasOne(t *testing.T) {
	j := with(running(), func(j *jobs.Job) { j.Started = began.Add(4 * time.Second) })
	if got, want := words.Steps(j)[0].Took, "4 s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	j.Attempt = 2
	if got := words.Steps(j)[0].Took; got != "" {
		t.Errorf("got %q for a second attempt, want nothing", got)
	}
}
