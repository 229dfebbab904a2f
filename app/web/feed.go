package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/feed"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// maxPublish is the largest body of a publish, in bytes.
const maxPublish = 64 << 10

var errOften = &refusal{Status: http.StatusTooManyRequests, Code: "too_often", RetryAfter: time.Second,
	Detail: "More is published than the server passes on. Try again in a second."}

// feed streams what concerns everybody, from the entry after Last-Event-ID on.
func (s *Site) feed(w http.ResponseWriter, r *http.Request) error {
	if err := answerable(r, typeStream); err != nil {
		return errNoStream
	}
	c, err := s.choose(r)
	if err != nil {
		return err
	}
	after, _ := feed.ParseID(lastEventID(r)) // 0 if absent or foreign: from now on
	return s.send(w, r, http.StatusOK, func(ctx context.Context, w tail.Waker, tell func([]byte) error) (*tail.Follower, error) {
		f, err := s.Feed.Follow(ctx, after, c.want(), w, tell)
		if err != nil {
			return nil, err
		}
		if err := s.tellJobs(ctx, c, tell); err != nil { // with f there already, so that no change falls between
			f.Close()
			return nil, err
		}
		return f, nil
	})
}

// tellJobs tells how the jobs stand that were named. What is told has no id,
// because it has no place in the order of the feed.
func (s *Site) tellJobs(ctx context.Context, c choice, tell func([]byte) error) error {
	if len(c.jobs) == 0 || !c.takes(tail.Label{Name: "job", Job: c.jobs[0], Owner: c.reader}) {
		return nil
	}
	var frames []byte
	for _, id := range c.jobs {
		j, err := s.Board.Job(ctx, id)
		switch {
		case errors.Is(err, jobs.ErrNotFound) || err == nil && c.reader != "" && c.reader != j.Owner:
			frames = wire.AppendFrame(frames, "", "job", string(wire.AppendDeleted(nil, id)))
		case err != nil:
			return err
		default:
			frames = wire.AppendFrame(frames, "", "job", string(wire.AppendJob(nil, j)))
		}
	}
	return tell(frames)
}

// publish tells everybody on the feed a message.
func (s *Site) publish(w http.ResponseWriter, r *http.Request) error {
	if !s.published.take(time.Now()) {
		return errOften
	}
	f, err := read(w, r, maxPublish)
	if err != nil {
		return err
	}
	text, given := f["message"]
	if !given || len(text) == 0 {
		return &refusal{Status: http.StatusUnprocessableEntity, Code: "missing", Field: "message", Detail: "Say in \"message\" what is to be published."}
	}
	message, err := f.take("message")
	if err != nil {
		return err
	}
	name, err := f.take("event")
	if err != nil {
		return err
	}
	if err := f.done(); err != nil {
		return err
	}
	if name == "" {
		name = feed.Message
	}
	if err := feed.CheckName(name); err != nil {
		return err
	}
	if err := s.Feed.Publish(r.Context(), name, message); err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}
