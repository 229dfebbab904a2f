package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"time"
)

var (
	// errSilent is why a connection was given up that said nothing for too long.
	errSilent = errors.New("the server has fallen silent")

	// errCut is why a connection brought less than it had promised.
	errCut = errors.New("the connection broke")
)

// broken is the error of a connection that could not be made or did not last:
// trouble that may pass by itself.
type broken struct{ err error }

func (b *broken) Error() string { return b.err.Error() }
func (b *broken) Unwrap() error { return b.err }

// watched is the body of an answer. A read that waits for too long ends the
// request, and a slow reader does not.
type watched struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	most   time.Duration
	timer  *time.Timer
}

// watch begins to wait for the answer to a request of ctx.
func (c *Client) watch(ctx context.Context, cancel context.CancelCauseFunc) *watched {
	most := cmp.Or(c.Silence, silence)
	return &watched{ctx: ctx, cancel: cancel, most: most, timer: time.AfterFunc(most, func() { cancel(errSilent) })}
}

// Read implements [io.Reader].
func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.most)
	n, err := w.ReadCloser.Read(p)
	w.timer.Stop()
	if err != nil && err != io.EOF {
		err = w.explain(err)
	}
	return n, err
}

// Close implements [io.Closer].
func (w *watched) Close() error {
	w.timer.Stop()
	err := w.ReadCloser.Close()
	w.cancel(nil)
	return err
}

// explain says whether a connection failed in a way that may pass.
func (w *watched) explain(err error) error {
	var untrusted *tls.CertificateVerificationError
	switch {
	case context.Cause(w.ctx) == errSilent:
		return &broken{errSilent}
	case w.ctx.Err() != nil, errors.As(err, &untrusted):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &broken{errCut}
	}
	return &broken{err}
}
