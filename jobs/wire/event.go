package wire

import (
	"encoding/json"
	"strconv"

	"example.org/carryout/jobs"
)

// One type for each kind of event: what stands in its data.
type (
	queuedJSON struct {
		At    stamp    `json:"at"`
		Owner string   `json:"owner,omitempty"`
		Spec  specJSON `json:"spec"`
		Place *int     `json:"place"`
	}
	startedJSON struct {
		At       stamp        `json:"at"`
		Attempt  int          `json:"attempt"`
		Progress progressJSON `json:"progress"`
	}
	progressedJSON struct {
		At stamp `json:"at"`
		progressJSON
	}
	warningJSON struct {
		At      stamp   `json:"at"`
		Code    string  `json:"code"`
		Path    *string `json:"path"`
		Message string  `json:"message"`
		Count   int64   `json:"count"`
	}
	requeuedJSON struct {
		At       stamp  `json:"at"`
		Reason   string `json:"reason"`
		Place    *int   `json:"place"`
		Forgiven bool   `json:"forgiven,omitempty"`
	}
	readyJSON struct {
		At       stamp        `json:"at"`
		File     *fileJSON    `json:"file"`
		Expires  stamp        `json:"expires"`
		Progress progressJSON `json:"progress"`
	}
	failedJSON struct {
		At    stamp       `json:"at"`
		Error failureJSON `json:"error"`
	}
	canceledJSON struct {
		At     stamp  `json:"at"`
		Reason string `json:"reason"`
	}
	expiredJSON struct {
		At     stamp  `json:"at"`
		Reason string `json:"reason,omitempty"`
	}
)

// AppendData appends the data of e, a JSON object on one line. What it leaves
// out, the job, the number and the kind, goes beside it.
func AppendData(b []byte, e jobs.Event) []byte {
	at := stamp(e.At)
	switch e.Kind {
	case jobs.KindQueued:
		return appendQueued(b, e)
	case jobs.KindStarted:
		return appendStarted(b, e)
	case jobs.KindProgress:
		return appendProgressed(b, e.At, e.Progress)
	case jobs.KindWarning:
		w := e.Warning
		return appendJSON(b, warningJSON{at, w.Code, unlessZero(w.Path), w.Message, max(1, w.Count)})
	case jobs.KindRequeued:
		return appendJSON(b, requeuedJSON{at, e.Reason, unlessZero(e.Place), e.Forgiven})
	case jobs.KindReady:
		return appendReady(b, e)
	case jobs.KindFailed:
		return appendJSON(b, failedJSON{at, failureJSON(e.Failure)})
	case jobs.KindCanceled:
		return appendJSON(b, canceledJSON{at, e.Reason})
	case jobs.KindReset:
		if e.Reset != nil {
			return AppendJob(b, *e.Reset)
		}
	}
	return appendJSON(b, expiredJSON{at, e.Reason})
}

// ParseData reads what [AppendData] or [AppendKept] has written into an event of that kind.
// Its Job and Seq are the caller's to set. An unknown kind is no error, so
// that an older program can follow a newer server: the event has its kind, and
// changes no job.
func ParseData(kind jobs.Kind, b []byte) (jobs.Event, error) {
	e := jobs.Event{Kind: kind}
	var at stamp
	var err error
	switch kind {
	case jobs.KindQueued:
		var in queuedJSON
		err = json.Unmarshal(b, &in)
		at, e.Owner, e.Spec, e.Place = in.At, in.Owner, jobs.Spec(in.Spec), orZero(in.Place)
	case jobs.KindStarted:
		var in startedJSON
		err = json.Unmarshal(b, &in)
		at, e.Attempt, e.Progress = in.At, in.Attempt, in.Progress.progress()
	case jobs.KindProgress:
		var in progressedJSON
		err = json.Unmarshal(b, &in)
		at, e.Progress = in.At, in.progress()
	case jobs.KindWarning:
		var in warningJSON
		err = json.Unmarshal(b, &in)
		at, e.Warning = in.At, jobs.Warning{Code: in.Code, Path: orZero(in.Path), Message: in.Message, Count: in.Count}
	case jobs.KindRequeued:
		var in requeuedJSON
		err = json.Unmarshal(b, &in)
		at, e.Reason, e.Place, e.Forgiven = in.At, in.Reason, orZero(in.Place), in.Forgiven
	case jobs.KindReady:
		var in readyJSON
		err = json.Unmarshal(b, &in)
		at, e.Expires, e.Progress = in.At, in.Expires.time(), in.Progress.progress()
		if in.File != nil {
			e.File = in.File.file()
		}
	case jobs.KindFailed:
		var in failedJSON
		err = json.Unmarshal(b, &in)
		at, e.Failure = in.At, jobs.Failure(in.Error)
	case jobs.KindCanceled:
		var in canceledJSON
		err = json.Unmarshal(b, &in)
		at, e.Reason = in.At, in.Reason
	case jobs.KindReset:
		var j jobs.Job
		j, err = ParseJob(b)
		e.Reset = &j
	default:
		var in expiredJSON
		err = json.Unmarshal(b, &in)
		at, e.Reason = in.At, in.Reason
	}
	e.At = at.time()
	return e, err
}

// AppendEvent appends e as a frame of the job's stream: its number as the id,
// its kind as the event, and its data.
func AppendEvent(b []byte, e jobs.Event) []byte {
	b = append(b, "id: "...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, "\nevent: "...)
	b = append(b, e.Kind...)
	b = append(b, "\ndata: "...)
	b = AppendData(b, e)
	return append(b, "\n\n"...)
}

// Reset returns the event that stands for the whole history of j up to its
// latest event.
func Reset(j jobs.Job) jobs.Event {
	return jobs.Event{Job: j.ID, Seq: j.LastEvent, Kind: jobs.KindReset, Reset: &j}
}
