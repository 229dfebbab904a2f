package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"strconv"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

const typeStream = "text/event-stream"

// errEarly is why a stream is taken up again that a server has ended, as it
// does when it stops.
var errEarly = errors.New("the stream ended before the export did")

// Events yields what happens to a job after the event of that number, 0 being
// before the first. It goes on across broken connections, for as long as ctx
// lets it, and ends when the server says that there is nothing more to come.
// An error is the last thing it yields.
func (c *Client) Events(ctx context.Context, id jobs.ID, after int64) iter.Seq2[jobs.Event, error] {
	return func(yield func(jobs.Event, error) bool) {
		path, err := jobPath(id, "/events")
		if err != nil {
			yield(jobs.Event{}, err)
			return
		}
		f := follower{client: c, id: id, path: path, wait: backoff{base: 2 * time.Second}}
		if after > 0 {
			f.last = strconv.FormatInt(after, 10)
		}
		for {
			more, err := f.connection(ctx, yield)
			if !more {
				return
			}
			if ctx.Err() != nil {
				err = ctx.Err()
			} else if passes(err) {
				err = c.pause(ctx, f.wait.next(err), err)
			}
			if err != nil {
				yield(jobs.Event{}, err)
				return
			}
		}
	}
}

// follower is somebody on the stream of a job.
type follower struct {
	client *Client
	id     jobs.ID
	path   string
	last   string // id of the last event seen; empty: none
	ended  bool   // the last event was one after which the job is done
	wait   backoff
}

// connection yields what one connection brings, and returns its error. more is
// false if there is nothing more to come, or nobody wants it.
func (f *follower) connection(ctx context.Context, yield func(jobs.Event, error) bool) (more bool, err error) {
	resp, err := f.open(ctx)
	if err != nil {
		return true, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return false, nil
	}
	if t, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); resp.StatusCode != http.StatusOK || t != typeStream {
		return true, fmt.Errorf("%w: a stream has the status %d and the type %q", ErrProtocol, resp.StatusCode, t)
	}
	in := wire.NewReader(resp.Body)
	for {
		frame, err := in.Next()
		if d, ok := in.Retry(); ok {
			f.wait.base = d
		}
		if id := in.LastID(); id != "" {
			f.last = id
		}
		switch {
		case err == io.EOF && f.ended:
			// A job that has ended may have been tried again, so it is the end
			// of the answer that ends its stream.
			return false, nil
		case err == io.EOF:
			return true, &broken{errEarly}
		case err != nil:
			return true, err
		}
		e, err := wire.ParseEvent(frame)
		if err != nil {
			return true, fmt.Errorf("%w: %w", ErrProtocol, err)
		}
		e.Job, f.ended, f.wait.failed = f.id, ends(e), 0
		if !yield(e, nil) {
			return false, nil
		}
	}
}

func (f *follower) open(ctx context.Context) (*http.Response, error) {
	r := get(f.path, typeStream)
	r.header.Set("Accept-Encoding", "identity") // compression would hold events back
	if f.last != "" {
		r.header.Set("Last-Event-ID", f.last)
	}
	return f.client.call(ctx, r)
}

// ends reports whether the job is done with e.
func ends(e jobs.Event) bool {
	return e.Kind.Ends() || e.Reset != nil && e.Reset.State.Done()
}
