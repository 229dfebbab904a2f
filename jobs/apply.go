package jobs

import "time"

// Apply returns the job as it stands after e. An event that cannot follow
// leaves the job as it is and returns a [*StateError]; so does one whose
// number is not beyond the job's latest.
func (j Job) Apply(e Event) (Job, error) {
	if e.Kind == KindReset && e.Reset != nil {
		return *e.Reset, nil
	}
	if !e.Kind.Follows(j.State) || e.Seq <= j.LastEvent {
		return j, &StateError{State: j.State, Kind: e.Kind}
	}
	j.LastEvent = e.Seq
	switch e.Kind {
	case KindQueued:
		j = j.queued(e)
	case KindStarted:
		j.State, j.Place, j.Reason = Running, 0, ""
		j.Attempt, j.Started, j.Progress = e.Attempt, e.At, e.Progress
		j.Warnings = 0 // each attempt tells all of them, wherever it goes on
	case KindProgress:
		j.Progress = e.Progress
	case KindWarning:
		if e.Warning.OfFile() {
			j.Warnings += max(1, e.Warning.Count)
		}
	case KindRequeued:
		j.State, j.Place, j.Reason = Queued, e.Place, e.Reason
		if e.Forgiven {
			j.Attempt--
		}
	case KindReady:
		j = j.done(Ready, e.At)
		j.File, j.Expires, j.Progress = e.File, e.Expires, e.Progress
	case KindFailed:
		j = j.done(Failed, e.At)
		j.Failure = e.Failure
	case KindCanceled:
		j = j.done(Canceled, e.At)
		j.Reason = e.Reason
	case KindExpired:
		j.State, j.Reason = Expired, e.Reason
	}
	return j, nil
}

// queued is Apply for a job that is new, or that is to be tried once more.
func (j Job) queued(e Event) Job {
	if j.State == "" {
		j.ID, j.Owner, j.Spec, j.Created = e.Job, e.Owner, e.Spec, e.At
	}
	j.State, j.Place = Queued, e.Place
	j.Finished, j.Failure, j.Reason = time.Time{}, Failure{}, ""
	return j
}

func (j Job) done(s State, at time.Time) Job {
	j.State, j.Place, j.Finished, j.Reason = s, 0, at, ""
	return j
}
