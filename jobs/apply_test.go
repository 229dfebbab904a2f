package jobs_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"example.org/carryout/jobs"
)

var began = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// happened is an event a second after the one before it.
func happened(seq int64, kind jobs.Kind, change ...func(*jobs.Event)) jobs.Event {
	e := jobs.Event{Job: "J", Seq: seq, Kind: kind, At: began.Add(time.Duration(seq) * time.Second)}
	for _, f := range change {
		f(&e)
	}
	return e
}

// fold applies events to a job, all of which must fit.
func fold(t *testing.T, j jobs.Job, events ...jobs.Event) jobs.Job {
	t.Helper()
	for _, e := range events {
		var err error
		if j, err = j.Apply(e); err != nil {
			t.Fatalf("event %d, %s: %v", e.Seq, e.Kind, err)
		}
	}
	return j
}

var kinds = []jobs.Kind{
	jobs.KindQueued, jobs.KindStarted, jobs.KindProgress, jobs.KindWarning, jobs.KindRequeued,
	jobs.KindReady, jobs.KindFailed, jobs.KindCanceled, jobs.KindExpired, "unheard-of",
}

func TestEveryKindInEveryState(t *testing.T) {
	type row map[jobs.Kind]jobs.State // what is missing cannot happen
	table := map[jobs.State]row{
		"":           {jobs.KindQueued: jobs.Queued},
		jobs.Queued:  {jobs.KindStarted: jobs.Running, jobs.KindCanceled: jobs.Canceled},
		jobs.Running: {jobs.KindProgress: jobs.Running, jobs.KindWarning: jobs.Running, jobs.KindRequeued: jobs.Queued, jobs.KindReady: jobs.Ready, jobs.KindFailed: jobs.Failed, jobs.KindCanceled: jobs.Canceled},
		jobs.Ready:   {jobs.KindExpired: jobs.Expired},
		jobs.Failed:  {jobs.KindQueued: jobs.Queued},
		jobs.Canceled: {
			jobs.KindQueued: jobs.Queued,
		},
		jobs.Expired: {},
	}
	if got, want := len(table), len(jobs.States())+1; got != want {
		t.Fatalf("got %d states, want %d", got, want)
	}
	for state, row := range table {
		for _, kind := range kinds {
			before := jobs.Job{ID: "J", State: state, LastEvent: 4}
			after, err := before.Apply(happened(5, kind))
			want, can := row[kind]
			if kind.Follows(state) != can {
				t.Errorf("%s of a job that is %q: got that it follows %v, want %v", kind, state, !can, can)
			}
			if can {
				if err != nil || after.State != want || after.LastEvent != 5 {
					t.Errorf("%s of a job that is %q: got %q, event %d and %v, want %q, event 5", kind, state, after.State, after.LastEvent, err, want)
				}
				continue
			}
			var refused *jobs.StateError
			if !errors.As(err, &refused) || refused.State != state || refused.Kind != kind || refused.Error() == "" {
				t.Errorf("%s of a job that is %q: got %v, want a *StateError that says so", kind, state, err)
			}
			if !reflect.DeepEqual(after, before) {
				t.Errorf("%s of a job that is %q: got %+v, want the job as it was", kind, state, after)
			}
		}
	}
}

func TestNumbersMustGrow(t *testing.T) {
	j := fold(t, jobs.Job{}, happened(1, jobs.KindQueued), happened(3, jobs.KindStarted))
	for _, seq := range []int64{-1, 0, 1, 2, 3} {
		after, err := j.Apply(happened(seq, jobs.KindProgress))
		var refused *jobs.StateError
		if !errors.As(err, &refused) || !reflect.DeepEqual(after, j) {
			t.Errorf("event %d after 3: got %+v and %v, want the job as it was and a *StateError", seq, after, err)
		}
	}
	if got := fold(t, j, happened(9, jobs.KindProgress)); got.LastEvent != 9 {
		t.Errorf("got event %d, want 9: events may be thinned out", got.LastEvent)
	}
}

func TestAJobIsTheFoldOfItsHistory(t *testing.T) {
	spec := jobs.Spec{Source: "docs", Format: "zip"}
	file := jobs.File{Name: "docs.zip", Size: 5, Type: "application/zip", SHA256: "ab"}
	half := jobs.Progress{
		Phase: jobs.Assembling, Fraction: jobs.Known(0.5), Current: "a", Bytes: jobs.Count{Done: 1, Total: jobs.Known[int64](2)},
		Left: jobs.Known(jobs.Span{Low: time.Second, High: time.Minute}), Rate: jobs.Known[int64](7),
	}
	again := jobs.Progress{Phase: jobs.Planning}
	whole := half
	whole.Phase, whole.Fraction, whole.Left = jobs.Sealing, jobs.Known(1.0), jobs.Maybe[jobs.Span]{}

	want := jobs.Job{}
	for _, step := range []struct {
		event jobs.Event
		want  func()
	}{
		{happened(1, jobs.KindQueued, func(e *jobs.Event) { e.Owner, e.Spec, e.Place = "ann", spec, 2 }), func() {
			want = jobs.Job{ID: "J", Owner: "ann", Spec: spec, State: jobs.Queued, Place: 2, Created: began.Add(time.Second)}
		}},
		{happened(2, jobs.KindStarted, func(e *jobs.Event) { e.Attempt = 1 }), func() {
			want.State, want.Place, want.Attempt, want.Started = jobs.Running, 0, 1, began.Add(2*time.Second)
		}},
		{happened(3, jobs.KindProgress, func(e *jobs.Event) { e.Progress = half }), func() { want.Progress = half }},
		{happened(4, jobs.KindWarning, func(e *jobs.Event) { e.Warning = jobs.Warning{Code: "gone"} }), func() { want.Warnings = 1 }},
		{happened(5, jobs.KindWarning, func(e *jobs.Event) { e.Warning = jobs.Warning{Code: "gone", Count: 40} }), func() { want.Warnings = 41 }},
		{happened(6, jobs.KindRequeued, func(e *jobs.Event) { e.Reason, e.Place = "stopping", 1 }), func() {
			want.State, want.Reason, want.Place = jobs.Queued, "stopping", 1
		}},
		{happened(7, jobs.KindStarted, func(e *jobs.Event) { e.Attempt, e.Progress = 2, again }), func() {
			want.State, want.Reason, want.Place, want.Attempt = jobs.Running, "", 0, 2
			want.Started, want.Progress, want.Warnings = began.Add(7*time.Second), again, 0
		}},
		{happened(8, jobs.KindFailed, func(e *jobs.Event) { e.Failure = jobs.Failure{Code: "c", Message: "m"} }), func() {
			want.State, want.Finished, want.Failure = jobs.Failed, began.Add(8*time.Second), jobs.Failure{Code: "c", Message: "m"}
		}},
		{happened(9, jobs.KindQueued, func(e *jobs.Event) { e.Place = 3 }), func() {
			want.State, want.Finished, want.Failure, want.Place = jobs.Queued, time.Time{}, jobs.Failure{}, 3
		}},
		{happened(10, jobs.KindCanceled, func(e *jobs.Event) { e.Reason = "enough" }), func() {
			want.State, want.Finished, want.Reason, want.Place = jobs.Canceled, began.Add(10*time.Second), "enough", 0
		}},
		{happened(11, jobs.KindQueued), func() { want.State, want.Finished, want.Reason = jobs.Queued, time.Time{}, "" }},
		{happened(12, jobs.KindStarted, func(e *jobs.Event) { e.Attempt = 3 }), func() {
			want.State, want.Attempt, want.Started, want.Progress = jobs.Running, 3, began.Add(12*time.Second), jobs.Progress{}
		}},
		{happened(15, jobs.KindProgress, func(e *jobs.Event) { e.Progress = half }), func() { want.Progress = half }},
		{happened(16, jobs.KindReady, func(e *jobs.Event) { e.File, e.Expires, e.Progress = file, began.Add(time.Hour), whole }), func() {
			want.State, want.Finished, want.File, want.Expires, want.Progress = jobs.Ready, began.Add(16*time.Second), file, began.Add(time.Hour), whole
		}},
		{happened(17, jobs.KindExpired, func(e *jobs.Event) { e.Reason = "room was needed" }), func() {
			want.State, want.Reason = jobs.Expired, "room was needed"
		}},
	} {
		var got jobs.Job
		before := want
		step.want()
		want.LastEvent = step.event.Seq
		got = fold(t, before, step.event)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("after event %d, %s: got %+v, want %+v", step.event.Seq, step.event.Kind, got, want)
		}
	}
}

func TestARetryKeepsWhatWasAskedFor(t *testing.T) {
	spec := jobs.Spec{Source: "docs", Format: "zip"}
	j := fold(t, jobs.Job{},
		happened(1, jobs.KindQueued, func(e *jobs.Event) { e.Owner, e.Spec = "ann", spec }),
		happened(2, jobs.KindCanceled),
		happened(3, jobs.KindQueued, func(e *jobs.Event) { e.Owner, e.Spec = "bob", jobs.Spec{Source: "other"} }))
	if j.Owner != "ann" || !reflect.DeepEqual(j.Spec, spec) || !j.Created.Equal(began.Add(time.Second)) {
		t.Errorf("got %+v, want owner, spec and time of the first event", j)
	}
}

func TestResetStandsForTheWholeHistory(t *testing.T) {
	whole := jobs.Job{ID: "J", State: jobs.Running, LastEvent: 7, Attempt: 2}
	for _, state := range append(jobs.States(), "") {
		before := jobs.Job{ID: "J", State: state, LastEvent: 40}
		after, err := before.Apply(jobs.Event{Kind: jobs.KindReset, Seq: 7, Reset: &whole})
		if err != nil || !reflect.DeepEqual(after, whole) {
			t.Errorf("of a job that is %q: got %+v and %v, want %+v", state, after, err, whole)
		}
		if after, err = before.Apply(jobs.Event{Kind: jobs.KindReset, Seq: 41}); err == nil || !reflect.DeepEqual(after, before) {
			t.Errorf("without a job, of one that is %q: got %+v and %v, want it as it was and an error", state, after, err)
		}
	}
}

func TestApplyLeavesTheJobItWasGivenAlone(t *testing.T) {
	before := fold(t, jobs.Job{}, happened(1, jobs.KindQueued), happened(2, jobs.KindStarted))
	kept := before
	for _, kind := range kinds {
		before.Apply(happened(3, kind))
		if !reflect.DeepEqual(before, kept) {
			t.Fatalf("after %s: got %+v, want %+v", kind, before, kept)
		}
	}
}

func TestKindsThatEndAreThoseAfterWhichAJobIsDone(t *testing.T) {
	for _, kind := range kinds {
		for _, state := range append(jobs.States(), "") {
			after, err := jobs.Job{State: state}.Apply(happened(1, kind))
			if err == nil && after.State.Done() != kind.Ends() {
				t.Errorf("%s leaves a job %s: got that it ends %v, want %v", kind, after.State, kind.Ends(), after.State.Done())
			}
		}
	}
}

func TestStatesAreListedOnce(t *testing.T) {
	want := []jobs.State{jobs.Queued, jobs.Running, jobs.Ready, jobs.Failed, jobs.Canceled, jobs.Expired}
	if got := jobs.States(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if jobs.State("").Done() {
		t.Error("got that a job without a state is done, want that it is not")
	}
}

func TestSubject(t *testing.T) {
	for want, s := range map[string]jobs.Spec{
		"docs":        {Source: "docs"},
		"shop-orders": {Source: "shop", Table: "orders"},
		"2026":        {Source: "docs", Paths: []string{"reports/2026/"}},
		"a.txt":       {Source: "docs", Paths: []string{"a.txt"}},
		"many":        {Source: "many", Paths: []string{"a", "b"}},
		"root":        {Source: "root", Paths: []string{"."}},
		"up":          {Source: "up", Paths: []string{"a/.."}},
		"slashes":     {Source: "slashes", Paths: []string{"//"}},
		"nothing":     {Source: "nothing", Paths: []string{""}},
	} {
		if got := s.Subject(); got != want {
			t.Errorf("%+v: got %q, want %q", s, got, want)
		}
	}
}

func TestIDs(t *testing.T) {
	for id, want := range map[jobs.ID]bool{
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ": true, "22222222222222222222222777": true,
		"22345672ABCDEFGHIJKLMNOPQRSTUVWXYZ": true,
		"2234567ABCDEFGHIJKLMNOPQRSTUVWXYZ":  false, "223456722ABCDEFGHIJKLMNOPQRSTUVWXYZ": false, "2234567-ABCDEFGHIJKLMNOPQRSTUVWXYZ": false,
		"": false, "ABCDEFGHIJKLMNOPQRSTUVWXY": false, "ABCDEFGHIJKLMNOPQRSTUVWXYZA": false,
		"abcdefghijklmnopqrstuvwxyz": false, "ABCDEFGHIJKLMNOPQRSTUVWXY1": false, "ABCDEFGHIJKLMNOPQRSTUVWXY8": false,
		"../../../../../../../../..": false, "ABCDEFGHIJKLM/OPQRSTUVWXYZ": false, "ABCDEFGHIJKLM\x00OPQRSTUVWXYZ": false, "ÄBCDEFGHIJKLMNOPQRSTUVWXY": false,
	} {
		if got := id.Valid(); got != want {
			t.Errorf("%q: got %v, want %v", id, got, want)
		}
	}
}

func TestErrorsSayWhatHappened(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&jobs.StateError{Kind: jobs.KindReady}, "a job cannot begin with ready"},
		{&jobs.StateError{State: jobs.Ready, Kind: jobs.KindCanceled}, "a job that is ready cannot become canceled"},
		{&jobs.SpecError{Field: "paths", Code: "no_such_path", Message: "There is no a/b."}, "paths: There is no a/b."},
		{&jobs.Failure{Code: "source_gone", Message: "The folder is gone."}, "The folder is gone."},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestWhatTellsOfTheWorkIsNoWarningThatCounts(t *testing.T) {
	j := jobs.Job{State: jobs.Running, LastEvent: 2}
	for seq, code := range []string{jobs.PausedDiskFull, "unreadable", jobs.PausedSpaceFull, jobs.StartedOver} {
		var err error
		if j, err = j.Apply(jobs.Event{Seq: int64(seq) + 3, Kind: jobs.KindWarning, Warning: jobs.Warning{Code: code}}); err != nil {
			t.Fatal(err)
		}
	}
	if j.Warnings != 1 {
		t.Errorf("got %d warnings, want the one that tells of the file", j.Warnings)
	}
}
