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
	return s.send(w, r, status, func(ctx context.Context, pieces chan<- []byte) error {
		return s.follow(ctx, j.ID, after, pieces)
	})
}

// streamReset sends the job as it stands, and then what comes.
func (s *Site) streamReset(w http.ResponseWriter, r *http.Request, j jobs.Job) error {
	return s.send(w, r, http.StatusOK, func(ctx context.Context, pieces chan<- []byte) error {
		if err := hand(ctx, pieces, wire.AppendEvent(nil, wire.Reset(j))); err != nil {
			return err
		}
		return s.follow(ctx, j.ID, j.LastEvent, pieces)
	})
}

// follow produces the history of a job after an event until the job is done.
// Past and coming events go the same way: the follower is a number, the tail is
// asked first, and the store for what is older.
func (s *Site) follow(ctx context.Context, id jobs.ID, after int64, pieces chan<- []byte) error {
	f := s.Tail.Follow(id)
	defer f.Close()
	for {
		news := f.After(after) // its bell is older than the look at the store, so nothing falls between
		if news.Behind {
			var err error
			if news, err = s.older(ctx, id, after, news); err != nil {
				return gone(err)
			}
		}
		if len(news.Frames) > 0 {
			if err := hand(ctx, pieces, news.Frames); err != nil {
				return err
			}
			after = news.Last
			continue
		}
		if news.Deleted {
			return nil
		}
		if !news.Active {
			j, err := s.Board.Job(ctx, id)
			if err != nil {
				return gone(err)
			}
			if j.LastEvent > after {
				continue // it has just come
			}
			if j.State.Done() {
				return nil
			}
		}
		select {
		case <-news.Bell:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// older reads from the store what the tail does not hold.
func (s *Site) older(ctx context.Context, id jobs.ID, after int64, news tail.News) (tail.News, error) {
	events, err := s.History.Events(ctx, id, after, batch)
	if err != nil {
		return news, err
	}
	for _, e := range events {
		news.Frames = wire.AppendEvent(news.Frames, e)
		news.Last = e.Seq
	}
	return news, nil
}

// gone makes the end of a deleted job's stream an end like any other.
func gone(err error) error {
	if errors.Is(err, jobs.ErrNotFound) {
		return nil
	}
	return err
}
