package feed

import (
	"context"
	"errors"
	"slices"

	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
)

// Message is the name of what is published without one.
const Message = "message"

// own lists the names of the events that are the server's own here, or that an
// EventSource fires by itself.
var own = []string{"time", "stats", "job", "open", "error"}

// ErrName reports a name that nothing can be published under.
var ErrName = errors.New("a name is a lower-case letter, then letters, digits, - or _, at most 64, and none of the server's own")

// CheckName returns ErrName if name is not [a-z][a-z0-9_-]*, or is too long, or
// one that the server uses itself.
func CheckName(name string) error {
	if name == "" || len(name) > 64 || slices.Contains(own, name) || name[0] < 'a' || name[0] > 'z' {
		return ErrName
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return ErrName
		}
	}
	return nil
}

// IsTold reports whether there can be events of that name on the feed: the
// server's own, or published ones.
func IsTold(name string) bool {
	return name == "time" || name == "stats" || name == "job" || CheckName(name) == nil
}

// request is one publisher that waits.
type request struct {
	name, data string
	done       chan error // capacity 1: the publisher may have gone
}

// Publish tells everybody data under a name that CheckName accepts. What it
// has returned without an error is durable and will be told.
func (f *Feed) Publish(ctx context.Context, name, data string) error {
	r := request{name, data, make(chan error, 1)}
	select {
	case f.publish <- r:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// print writes what is published, all that has gathered at a time.
func (f *Feed) print(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-f.publish:
			batch := []request{r}
			for len(f.publish) > 0 && len(batch) < crowd {
				batch = append(batch, <-f.publish)
			}
			err := f.keep(ctx, batch)
			for _, r := range batch {
				r.done <- err
			}
		}
	}
}

// keep gives the batch its numbers, makes it durable, and tells it. Nothing
// else is told meanwhile, so the numbers on the stream stay in order.
func (f *Feed) keep(ctx context.Context, batch []request) error {
	f.turn.Lock()
	defer f.turn.Unlock()
	first := f.reserve(len(batch))
	messages := make([]store.Message, len(batch))
	lines := make([]line, len(batch))
	for i, r := range batch {
		messages[i] = store.Message{Seq: first + int64(i), Name: r.name, Data: r.data}
		lines[i] = line{tail.Label{Name: r.name}, r.data}
	}
	if err := f.press.Keep(ctx, messages); err != nil {
		f.last.Add(int64(len(batch))) // they may have been kept after all, so their numbers are spent
		return err
	}
	f.add(lines)
	return nil
}
