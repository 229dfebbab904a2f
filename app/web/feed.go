package web

import (
	"context"
	"net/http"

	"example.org/carryout/jobs/feed"
	"example.org/carryout/jobs/tail"
)

// maxPublish is the largest body of a publish, in bytes.
const maxPublish = 64 << 10

// feed streams what concerns everybody, from the entry after Last-Event-ID on.
func (s *Site) feed(w http.ResponseWriter, r *http.Request) error {
	if err := answerable(r, typeStream); err != nil {
		return errNoStream
	}
	after, _ := feed.ParseID(lastEventID(r)) // 0 if absent or foreign: from now on
	return s.send(w, r, http.StatusOK, func(ctx context.Context, w tail.Waker, tell func([]byte) error) (*tail.Follower, error) {
		return s.Feed.Follow(ctx, after, s.concerns(r), w, tell)
	})
}

// concerns returns what the client may hear of; nil: everything.
func (s *Site) concerns(r *http.Request) func(tail.Label) bool {
	reader := s.reader(r)
	if reader == "" {
		return nil
	}
	return func(l tail.Label) bool { return l.Owner == "" || l.Owner == reader }
}

// publish tells everybody on the feed a message.
func (s *Site) publish(w http.ResponseWriter, r *http.Request) error {
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
