package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/store"
)

// cursor is where an interrupted job goes on: how far the file has come, where
// the format stands, and what must not have changed since.
type cursor struct {
	Format  string `json:"format"`
	Version int    `json:"version"` // of the encoder
	Plan    string `json:"plan"`    // digest of what is exported, as it was when the job began
	File    []byte `json:"file"`    // state of the artifact.Writer
	State   []byte `json:"state"`   // of the format

	Copy *copyMark `json:"copy,omitempty"` // of the rows that are read; nil: none was made
}

// parseCursor reads a cursor. What it cannot read is none.
func parseCursor(b []byte) (c cursor, ok bool) {
	return c, len(b) > 0 && json.Unmarshal(b, &c) == nil
}

// Why work starts over.
const (
	otherWay    = "the server writes this format in another way now"
	damagedCopy = "the copy of the table is not as it was left"
)

// fits reports whether the format can go on from c. Otherwise it says why not.
func (c cursor) fits(f format.Format) (why string, ok bool) {
	if c.Format != f.Name || c.Version != f.Version {
		return otherWay, false
	}
	return "", true
}

// saver keeps cursors while a format works. One goroutine uses it at a time.
type saver struct {
	ctx      context.Context // of the run it belongs to
	out      *artifact.Writer
	like     cursor // with what stays the same
	keep     func(ctx context.Context, cursor []byte) error
	patience *patience // waits for room; nil: nobody does
	beside   int64     // bytes that the job has written to another file
	stopping <-chan struct{}
	stopped  error         // returned once a cursor was kept for a stop
	bytes    int64         // written since the last cursor, after which one is kept
	every    time.Duration // or after so long

	size int64 // of the file, at the last cursor
	at   time.Time
	any  bool // a cursor was kept, so the file is worth leaving
}

// save keeps a cursor if it is time to. It is a format's Save.
func (s *saver) save(state func() []byte) error {
	stop := s.isStopping()
	if !stop && s.out.Size()-s.size < s.bytes && time.Since(s.at) < s.every {
		return nil
	}
	if err := s.write(state()); err != nil {
		return err
	}
	if stop {
		return s.stopped
	}
	return nil
}

// write makes the file durable, and then the cursor that speaks of it. It
// counts the time from its end, so that slow disks do not get more to do. A
// store that takes no cursor at the moment is no reason to stop: the one before
// holds, and the next may be taken. Then it waits if there is no room to go on.
func (s *saver) write(state []byte) error {
	c := s.like
	c.State = state
	var err error
	if c.File, err = s.out.Checkpoint(); err != nil {
		return err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("keeping a cursor: %w", err)
	}
	kept, err := s.hand(b)
	if err != nil {
		return err
	}
	if err := s.wait(b, kept); err != nil {
		return err
	}
	s.size, s.at = s.out.Size(), time.Now()
	return nil
}

// hand gives a cursor to the store, and reports whether it was taken.
func (s *saver) hand(cursor []byte) (kept bool, err error) {
	err = s.keep(s.ctx, cursor)
	if err != nil && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) {
		return false, err
	}
	failpoint.At("cursor-kept")
	s.any = s.any || err == nil
	return err == nil, nil
}

// wait waits if there is no room to go on. A cursor that could not be kept for
// lack of it is handed over again.
func (s *saver) wait(cursor []byte, kept bool) error {
	if s.patience == nil {
		return nil
	}
	held, err := s.patience.pause(s.ctx, s.out.Size()+s.beside)
	if err != nil || !held || kept {
		return err
	}
	_, err = s.hand(cursor)
	return err
}

func (s *saver) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// planned are files whose plan is made once, so that it can be compared
// before anything is written.
type planned struct {
	source.Files
	plan source.Plan
}

// Plan implements [source.Files].
func (p planned) Plan(_ context.Context, found func(items, bytes int64)) (source.Plan, error) {
	found(int64(len(p.plan.Entries)), p.plan.Bytes)
	return p.plan, nil
}

// digest names what a plan holds: equal digests, equal plans. It is of no use
// once ctx is done.
func digest(ctx context.Context, p source.Plan) string {
	h := sha256.New()
	var b []byte
	for _, e := range p.Each(ctx) {
		b = appendDigested(b[:0], e)
		h.Write(b)
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(h, "%q %q\n", w.Code, w.Path)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// appendDigested appends an entry as "%q %o %d %d %d %q\n" of package fmt would:
// a plan is long, and nothing else is done meanwhile.
func appendDigested(b []byte, e source.Entry) []byte {
	b = append(strconv.AppendQuote(b, e.Path), ' ')
	b = append(strconv.AppendUint(b, uint64(e.Mode), 8), ' ')
	for _, n := range []int64{e.Size, e.ModTime.UnixNano(), e.Changed.UnixNano()} {
		b = append(strconv.AppendInt(b, n, 10), ' ')
	}
	return append(strconv.AppendQuote(b, e.Target), '\n')
}
