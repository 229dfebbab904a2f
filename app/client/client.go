// Package client talks to an export server: it asks for exports, follows them,
// and fetches their files, for Go programs and for the command line.
//
// A [Client] is told where the server is, and has a method for everything that
// the server offers. [Client.Events] follows a job across broken connections
// as a browser's EventSource does; [Client.Download] takes a file up again
// where a connection, or an earlier run, left it, and gives it its name once
// its SHA-256 has been checked.
//
// Sizes are bytes, times are UTC, the numbers of events count from 1.
//
// What the server refuses is a [*Problem], which has the server's own sentence
// for people. What passes by itself (a broken connection, a server that
// restarts) is waited out where work would be lost otherwise: while following
// and while downloading. A file that does not have the promised SHA-256 is a
// [*CorruptError], and is not kept.
//
// The streams follow the WHATWG's HTML standard
// (https://html.spec.whatwg.org/multipage/server-sent-events.html), ranges RFC
// 9110 (https://www.rfc-editor.org/rfc/rfc9110#section-14), and problems RFC
// 9457 (https://www.rfc-editor.org/rfc/rfc9457).
package client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.org/carryout/jobs"
)

// silence is how long a connection may say nothing. A server shows every 15 s
// that it lives, unless it is told otherwise.
const silence = time.Minute

// maxAnswer is how much JSON an answer may have.
const maxAnswer = 64 << 20

// ErrProtocol reports an answer that no export server gives.
var ErrProtocol = errors.New("the answer is not that of an export server")

// A Client is a server as its users see it. Base is required. Its methods may
// be called by many goroutines at a time.
type Client struct {
	Base string       // address of the server, such as "http://127.0.0.1:8080"
	HTTP *http.Client // nil: the default one; it must have no Timeout, which would end streams

	// Silence is how long a connection may say nothing before it counts as
	// broken; 0: a minute.
	Silence time.Duration

	// Wait waits before another attempt; nil: by the clock.
	Wait func(ctx context.Context, d time.Duration) error

	// Retrying is told of every trouble that is waited out, and how long; nil:
	// nobody is.
	Retrying func(err error, wait time.Duration)
}

// request is what is asked of the server.
type request struct {
	method string
	path   string // below the base
	header http.Header
	body   []byte
}

func get(path, accept string) request {
	return request{method: http.MethodGet, path: path, header: http.Header{"Accept": {accept}}}
}

// call asks the server, and returns an answer whose status is 2xx. Any other is
// a *Problem, and none at all is a *broken. The caller closes the body.
func (c *Client) call(ctx context.Context, in request) (*http.Response, error) {
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r, err := http.NewRequestWithContext(ctx, in.method, base+in.path, bytes.NewReader(in.body))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	for name, values := range in.header {
		r.Header[name] = values
	}
	watch := c.watch(ctx, cancel)
	resp, err := cmp.Or(c.HTTP, http.DefaultClient).Do(r)
	watch.timer.Stop()
	if err != nil {
		err = watch.explain(err)
		cancel(nil)
		return nil, err
	}
	watch.ReadCloser = resp.Body
	resp.Body = watch
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer resp.Body.Close()
		return nil, readProblem(resp)
	}
	return resp, nil
}

// base is the address of the server without a slash at its end.
func (c *Client) base() (string, error) {
	u, err := url.Parse(c.Base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is not the address of a server; it begins with http:// or https://", c.Base)
	}
	return strings.TrimRight(c.Base, "/"), nil
}

// whole asks the server and returns the whole answer.
func (c *Client) whole(ctx context.Context, in request) ([]byte, error) {
	resp, err := c.call(ctx, in)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = fmt.Errorf("%w: it is longer than %d bytes", ErrProtocol, maxAnswer)
	}
	return b, err
}

// jobPath is the path of a job, or of what belongs to it. An id that has not
// the form of one never becomes part of a path.
func jobPath(id jobs.ID, of string) (string, error) {
	if !id.Valid() {
		return "", fmt.Errorf("%q is not the id of an export", string(id))
	}
	return "/jobs/" + string(id) + of, nil
}
