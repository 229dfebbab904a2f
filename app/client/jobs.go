package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

const typeJSON = "application/json"

// Submit asks for an export. A key that is not empty makes a repeat return the
// job of the first time.
func (c *Client) Submit(ctx context.Context, spec jobs.Spec, key string) (jobs.Job, error) {
	r := request{method: http.MethodPost, path: "/jobs", body: wire.AppendSpec(nil, spec),
		header: http.Header{"Accept": {typeJSON}, "Content-Type": {typeJSON}}}
	if key != "" {
		r.header.Set("Idempotency-Key", key)
	}
	return c.job(ctx, r)
}

// Job returns a job as it stands.
func (c *Client) Job(ctx context.Context, id jobs.ID) (jobs.Job, error) {
	return c.about(ctx, http.MethodGet, id, "")
}

// Cancel ends a queued or running job.
func (c *Client) Cancel(ctx context.Context, id jobs.ID) (jobs.Job, error) {
	return c.about(ctx, http.MethodPost, id, "/cancel")
}

// Retry puts a failed or canceled job back into the queue.
func (c *Client) Retry(ctx context.Context, id jobs.ID) (jobs.Job, error) {
	return c.about(ctx, http.MethodPost, id, "/retry")
}

// Delete removes a job and its file.
func (c *Client) Delete(ctx context.Context, id jobs.ID) error {
	path, err := jobPath(id, "")
	if err != nil {
		return err
	}
	_, err = c.whole(ctx, request{method: http.MethodDelete, path: path, header: http.Header{"Accept": {typeJSON}}})
	return err
}

// List yields the jobs, newest first, or only those in a state that is not
// empty. It asks for the next page once the one before is used up, and ends
// with the first error.
func (c *Client) List(ctx context.Context, state jobs.State) iter.Seq2[jobs.Job, error] {
	return func(yield func(jobs.Job, error) bool) {
		q := url.Values{}
		if state != "" {
			q.Set("state", string(state))
		}
		for {
			page, after, err := c.page(ctx, q)
			if err != nil {
				yield(jobs.Job{}, err)
				return
			}
			for _, j := range page {
				if !yield(j, nil) {
					return
				}
			}
			if after == "" {
				return
			}
			q.Set("after", after)
		}
	}
}

// page returns one page of the list, and the cursor of the next.
func (c *Client) page(ctx context.Context, q url.Values) (page []jobs.Job, after string, err error) {
	path := url.URL{Path: "/jobs", RawQuery: q.Encode()}
	b, err := c.whole(ctx, get(path.String(), typeJSON))
	if err != nil {
		return nil, "", err
	}
	var in struct {
		Jobs []json.RawMessage `json:"jobs"`
		Next string            `json:"next"` // an address, of which only the cursor matters here
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	for _, one := range in.Jobs {
		j, err := parseJob(one)
		if err != nil {
			return nil, "", err
		}
		page = append(page, j)
	}
	next, err := url.Parse(in.Next)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return page, next.Query().Get("after"), nil
}

// about asks for a job, or does something to it.
func (c *Client) about(ctx context.Context, method string, id jobs.ID, of string) (jobs.Job, error) {
	path, err := jobPath(id, of)
	if err != nil {
		return jobs.Job{}, err
	}
	return c.job(ctx, request{method: method, path: path, header: http.Header{"Accept": {typeJSON}}})
}

// job asks for something that is answered with a job.
func (c *Client) job(ctx context.Context, r request) (jobs.Job, error) {
	b, err := c.whole(ctx, r)
	if err != nil {
		return jobs.Job{}, err
	}
	return parseJob(b)
}

func parseJob(b []byte) (jobs.Job, error) {
	j, err := wire.ParseJob(b)
	switch {
	case err != nil:
		return jobs.Job{}, fmt.Errorf("%w: %w", ErrProtocol, err)
	case !j.ID.Valid():
		return jobs.Job{}, fmt.Errorf("%w: the job has the id %s", ErrProtocol, strconv.Quote(string(j.ID)))
	}
	return j, nil
}
