package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// batch is how many events are read from the store at a time.
const batch = 256

// events streams the history of a job, from the event after Last-Event-ID on,
// until the job is done or the follower leaves.
func (s *Site) events(w http.ResponseWriter, r *http.Request) error {
	j, err := s.find(r.Context(), r)
	if err != nil {
		return err
	}
	if err := answerable(r, typeStream); err != nil {
		return errNoStream
	}
	id := lastEventID(r)
	if id == "" {
		return s.stream(w, r, http.StatusOK, j, 0)
	}
	after, err := strconv.ParseInt(id, 10, 64)
	switch {
	case err != nil || after < 0 || after > j.LastEvent || strconv.FormatInt(after, 10) != id:
		return s.streamReset(w, r, j)
	case after == j.LastEvent && j.State.Done():
		w.WriteHeader(http.StatusNoContent) // which ends an EventSource for good
		return nil
	}
	return s.stream(w, r, http.StatusOK, j, after)
}

var errNoStream = &refusal{Status: http.StatusNotAcceptable, Code: "not_acceptable", Detail: "This address answers with text/event-stream. Ask for it in the Accept header."}

// lastEventID is the id of the last event that the client has seen, which
// those who cannot set a header give in the query.
func lastEventID(r *http.Request) string {
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		return id
	}
	return r.URL.Query().Get("last_event_id")
}

// stream sends what came after an event, and then what comes.
func (s *Site) stream(w http.ResponseWriter, r *http.Request, status int, j jobs.Job, after int64) error {
	return s.send(w, r, status, func(ctx context.Context, w tail.Waker, tell func([]byte) error) (*tail.Follower, error) {
		return s.follow(ctx, j.ID, after, w, tell)
	})
}

// streamReset sends the job as it stands, and then what comes.
func (s *Site) streamReset(w http.ResponseWriter, r *http.Request, j jobs.Job) error {
	return s.send(w, r, http.StatusOK, func(ctx context.Context, w tail.Waker, tell func([]byte) error) (*tail.Follower, error) {
		if err := tell(wire.AppendEvent(nil, wire.Reset(j))); err != nil {
			return nil, err
		}
		return s.follow(ctx, j.ID, j.LastEvent, w, tell)
	})
}

// follow tells what the store has of a job's history after an event, up to
// where the tail begins, and returns a follower for the rest; nil: the job is
// done. The follower is there before the store is asked, so nothing falls
// between.
func (s *Site) follow(ctx context.Context, id jobs.ID, after int64, w tail.Waker, tell func([]byte) error) (*tail.Follower, error) {
	f := s.Tail.Follow(id, after, w)
	more, err := s.catchUp(ctx, f, id, after, tell)
	if err != nil || !more {
		f.Close()
		return nil, gone(err)
	}
	return f, nil
}

// catchUp places a follower, and reports whether anything is to come.
func (s *Site) catchUp(ctx context.Context, f *tail.Follower, id jobs.ID, after int64, tell func([]byte) error) (more bool, err error) {
	for {
		if _, ok := f.Reaches(after); ok {
			return true, nil
		}
		events, err := s.History.Events(ctx, id, after, batch)
		if err != nil {
			return false, err
		}
		if len(events) == 0 {
			j, err := s.Board.Job(ctx, id)
			if err != nil {
				return false, err
			}
			if j.LastEvent > after {
				continue // it has just come
			}
			return !j.State.Done(), nil
		}
		var frames []byte
		for _, e := range events {
			frames = wire.AppendEvent(frames, e)
		}
		if err := tell(frames); err != nil {
			return false, err
		}
		after = events[len(events)-1].Seq
	}
}

// gone makes the end of a deleted job's stream an end like any other.
func gone(err error) error {
	if errors.Is(err, jobs.ErrNotFound) {
		return nil
	}
	return err
}
