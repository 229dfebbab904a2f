package export

import (
	"context"
	"io"
	"io/fs"
	"time"

	"golang.org/x/time/rate"

	"example.org/carryout/jobs/source"
)

// burst is the most that is read at once, in bytes: what a second allows, but
// no more than this.
const burst = 1 << 20

// throttle returns data that is read at no more than so many bytes a second,
// all its files together, so that an export is gentle to its source.
func throttle(data source.Data, bytesPerSecond int64) source.Data {
	if bytesPerSecond <= 0 {
		return data
	}
	l := rate.NewLimiter(rate.Limit(bytesPerSecond), int(min(bytesPerSecond, burst)))
	l.AllowN(time.Now(), l.Burst()) // begin without one
	if data.Files != nil {
		data.Files = slowFiles{data.Files, l}
	} else {
		data.Rows = slowRows{data.Rows, l}
	}
	return data
}

type slowFiles struct {
	source.Files
	limit *rate.Limiter
}

func (s slowFiles) Open(ctx context.Context, e source.Entry) (io.ReadCloser, error) {
	r, err := s.Files.Open(ctx, e)
	if err != nil {
		return nil, err
	}
	slow := slowReader{r, ctx, s.limit}
	if f, ok := r.(file); ok {
		return slowFile{slow, f}, nil
	}
	return slow, nil
}

// file is what a file of the disk can do beside being read. Going on in the
// middle of it reads nothing before.
type file interface {
	io.Seeker
	Stat() (fs.FileInfo, error)
}

type slowFile struct {
	slowReader
	file
}

// slowReader lives as long as one Open, whose context it waits with.
type slowReader struct {
	io.ReadCloser
	ctx   context.Context
	limit *rate.Limiter
}

func (r slowReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p[:min(len(p), r.limit.Burst())])
	if werr := wait(r.ctx, r.limit, n); werr != nil {
		return n, werr
	}
	return n, err
}

type slowRows struct {
	source.Rows
	limit *rate.Limiter
}

func (s slowRows) Each(ctx context.Context, after source.Position, do func(source.Position, []source.Value) error) error {
	return s.Rows.Each(ctx, after, func(at source.Position, row []source.Value) error {
		if err := wait(ctx, s.limit, size(row)); err != nil {
			return err
		}
		return do(at, row)
	})
}

// wait spends n bytes of the limit, a burst at a time. It returns no error but
// that of ctx: a reader's other errors would be about what it reads.
func wait(ctx context.Context, l *rate.Limiter, n int) error {
	for n > 0 {
		part := min(n, l.Burst())
		if l.WaitN(ctx, part) != nil { // ctx has ended, or will before the bytes are due
			<-ctx.Done()
			return ctx.Err()
		}
		n -= part
	}
	return nil
}

// size returns about how many bytes a row takes in its database.
func size(row []source.Value) (n int) {
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			n++
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		default:
			n += 8
		}
	}
	return n
}
