package client

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"

	"example.org/carryout/jobs"
)

// mostFruitless is how many connections in a row may bring nothing.
const mostFruitless = 8

// transfer is one download on its way.
type transfer struct {
	client *Client
	path   string
	file   jobs.File
	to     io.Writer
	hash   hash.Hash // of the first done bytes
	done   int64
	told   Progress
}

// run fetches what is missing, over as many connections as it takes, and checks
// the whole.
func (t *transfer) run(ctx context.Context) error {
	wait := backoff{base: time.Second}
	t.told(t.done, t.file.Size)
	for fruitless := 0; t.done < t.file.Size; {
		before := t.done
		err := t.connection(ctx)
		switch {
		case err == nil:
			continue // all of it is here
		case ctx.Err() != nil:
			return ctx.Err()
		case !passes(err):
			return err
		case t.done > before:
			fruitless, wait.failed = 0, 0
		default:
			fruitless++
		}
		if fruitless == mostFruitless {
			return fmt.Errorf("giving up after %d of %d bytes: %w", t.done, t.file.Size, err)
		}
		if err := t.client.pause(ctx, wait.next(err), err); err != nil {
			return err
		}
	}
	if got := hex.EncodeToString(t.hash.Sum(nil)); got != t.file.SHA256 {
		return &CorruptError{Name: t.file.Name, Got: got, Want: t.file.SHA256}
	}
	return nil
}

// connection takes in what one connection brings. It returns nil once the file
// is whole.
func (t *transfer) connection(ctx context.Context) error {
	resp, err := t.client.call(ctx, t.request())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	skip, err := t.fits(resp)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, resp.Body, skip); err != nil {
		return cut(err)
	}
	buf := make([]byte, 256<<10)
	for t.done < t.file.Size {
		n, err := resp.Body.Read(buf[:min(int64(len(buf)), t.file.Size-t.done)])
		if err := t.take(buf[:n]); err != nil {
			return err
		}
		if err != nil && t.done < t.file.Size {
			return cut(err)
		}
	}
	return nil
}

// request asks for what is missing, provided that it is still the same file.
func (t *transfer) request() request {
	r := get(t.path, "*/*")
	r.header.Set("Accept-Encoding", "identity")
	if t.done > 0 {
		r.header.Set("Range", fmt.Sprintf("bytes=%d-", t.done))
		r.header.Set("If-Range", t.etag())
	}
	return r
}

func (t *transfer) etag() string { return `"` + t.file.SHA256 + `"` }

// fits checks that an answer holds what is missing, and returns how much of it
// is here already: a server may send the whole file whatever it was asked for.
func (t *transfer) fits(resp *http.Response) (skip int64, err error) {
	tag := resp.Header.Get("ETag")
	if tag != "" && !strings.HasPrefix(tag, "W/") && tag != t.etag() {
		return 0, fmt.Errorf("the server has another file for this export now: its ETag is %s, not %s", tag, t.etag())
	}
	var missing int64
	switch resp.StatusCode {
	case http.StatusPartialContent:
		var first, last, size int64
		got := resp.Header.Get("Content-Range")
		if _, err := fmt.Sscanf(got, "bytes %d-%d/%d", &first, &last, &size); err != nil ||
			first != t.done || last < first || last >= size || size != t.file.Size {
			return 0, fmt.Errorf("%w: it is the range %q, not from %d on of %d", ErrProtocol, got, t.done, t.file.Size)
		}
		missing = last - first + 1 // which may be less than all
	case http.StatusOK:
		skip, missing = t.done, t.file.Size
	default:
		return 0, fmt.Errorf("%w: a download has the status %d", ErrProtocol, resp.StatusCode)
	}
	if n := resp.ContentLength; n >= 0 && n != missing {
		return 0, fmt.Errorf("%w: it has %d bytes, not %d", ErrProtocol, n, missing)
	}
	return skip, nil
}

// take writes the next bytes of the file.
func (t *transfer) take(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	n, err := t.to.Write(p)
	t.hash.Write(p[:n])
	t.done += int64(n)
	t.told(t.done, t.file.Size)
	return err
}

// cut is the error of a connection that ended before the file did.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return &broken{errCut}
	}
	return err
}
