package words_test

import (
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/views/words"
)

func TestLine(t *testing.T) {
	for _, c := range []struct {
		event jobs.Event
		want  string
	}{
		{jobs.Event{Seq: 1, Kind: jobs.KindQueued, Place: 3}, "accepted, 3rd in the queue"},
		{jobs.Event{Seq: 9, Kind: jobs.KindQueued}, "asked for once more, in the queue"},
		{jobs.Event{Kind: jobs.KindStarted, Attempt: 1}, "started"},
		{jobs.Event{Kind: jobs.KindStarted, Attempt: 2, Progress: jobs.Progress{Bytes: jobs.Count{Done: 64 << 20}}}, "started again, attempt 2, 64 MiB already done"},
		{jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Phase: jobs.Planning}}, "counting"},
		{jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Phase: jobs.Planning, Items: jobs.Count{Total: jobs.Known[int64](11478)}}}, "counting · 11,478 found"},
		{jobs.Event{Kind: jobs.KindProgress, Progress: running().Progress}, "42% · 1.81 GiB of 4.3 GiB · reports/07.pdf"},
		{jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Phase: jobs.Assembling, Bytes: jobs.Count{Done: 1024}}}, "1 KiB"},
		{jobs.Event{Kind: jobs.KindProgress, Progress: jobs.Progress{Phase: jobs.Sealing}}, "sealing the file"},
		{jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Path: "a/b", Message: "It may not be read."}}, "warning: a/b: It may not be read."},
		{jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Path: "a/b", Message: "“a/b” has shrunk.", Count: 2}}, "warning: “a/b” has shrunk. (2 cases)"},
		{jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Path: "a", Message: "Left out: it is a named pipe."}}, "warning: a: Left out: it is a named pipe."},
		{jobs.Event{Kind: jobs.KindRequeued, Reason: "the server is stopping"}, "put back into the queue: the server is stopping"},
		{jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "docs.zip", Size: 37 << 20}}, "ready: docs.zip, 37 MiB"},
		{jobs.Event{Kind: jobs.KindFailed, Failure: jobs.Failure{Message: "The disk is full."}}, "failed: The disk is full."},
		{jobs.Event{Kind: jobs.KindCanceled}, "canceled"},
		{jobs.Event{Kind: jobs.KindExpired}, "the file has been removed, its time was over"},
		{jobs.Event{Kind: jobs.KindExpired, Reason: "room was needed"}, "the file has been removed: room was needed"},
		{jobs.Event{Kind: jobs.KindReset}, "the log goes on from here"},
		{jobs.Event{Kind: "of-tomorrow"}, "of-tomorrow"},
	} {
		if got := words.Line(c.event); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
