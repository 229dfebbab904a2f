package format

import (
	"context"
	"fmt"
	"runtime/debug"
)

// A line carries pieces from the one who cuts to the workers and, in their
// first order, to the one who writes. There are so many pieces and no more:
// that is what bounds the memory and keeps the ones from running away from the
// others. Each channel has room for all pieces, so only a wait for a free one,
// or for work, is a wait.
type line struct {
	free  chan *piece
	cut   chan *piece // and not packed yet
	order chan *piece
}

func newLine(pieces int) *line {
	l := &line{
		free:  make(chan *piece, pieces),
		cut:   make(chan *piece, pieces),
		order: make(chan *piece, pieces),
	}
	for range pieces {
		l.free <- &piece{packed: make(chan struct{}, 1)} // a packer does not wait for the writer
	}
	return l
}

// take waits for a free piece.
func (l *line) take(ctx context.Context) (*piece, error) { return receive(ctx, l.free) }

// put hands a piece on to be packed.
func (l *line) put(p *piece) {
	l.order <- p
	l.cut <- p
}

// close says that there are no more pieces.
func (l *line) close() {
	close(l.order)
	close(l.cut)
}

// work waits for a piece to be packed. It returns nil when there are no more.
func (l *line) work(ctx context.Context) (*piece, error) { return receive(ctx, l.cut) }

// next waits until the next piece is packed. It returns nil when there are no
// more.
func (l *line) next(ctx context.Context) (*piece, error) {
	p, err := receive(ctx, l.order)
	if p == nil {
		return nil, err
	}
	_, err = receive(ctx, p.packed)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// give gives a piece back.
func (l *line) give(p *piece) { l.free <- p }

// receive receives from c, or returns the zero value if c is closed.
func receive[T any](ctx context.Context, c <-chan T) (v T, err error) {
	if err := ctx.Err(); err != nil {
		return v, err
	}
	select {
	case v = <-c:
		return v, nil
	case <-ctx.Done():
		return v, ctx.Err()
	}
}

// guard returns f with a panic turned into an error: it shall end this job and
// not the server.
func guard(f func() error) func() error {
	return func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic while making an archive: %v\n%s", p, debug.Stack())
			}
		}()
		return f()
	}
}
