package folder

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/jobs/source"
)

const (
	deepest = 16 << 10 // bytes of a path in a plan, so that folders in folders come to an end
	stride  = 256      // entries between two reports, and two looks at the context
	walkers = 4        // goroutines that look at a tree, at most
)

// A walker looks at all that is in a tree, or at selected parts of it. Some
// goroutines share the folders, the first in the order of the plan first: most
// of what it takes is spent in the system, where they do not wait for each
// other. It is used once.
type walker struct {
	root  dir
	found func(items, bytes int64) // may be nil; called by one goroutine at a time

	mu      sync.Mutex // guards what stands below
	changed sync.Cond
	pending []branch // the next one is the last
	busy    int      // goroutines that have one
	broken  bool     // one of them has failed
	all     tally
	told    int64 // items, at the last report
}

// A branch is a folder that is still to be looked at, or a path that was selected.
type branch struct {
	above *shared // must be released; nil for what was selected
	name  string
	path  string   // "" for the root
	into  *listing // for what it holds
}

// walk walks the selected paths, or everything below root if there are none, and
// keeps what it finds in top, unless that is nil.
func (w *walker) walk(ctx context.Context, selected []string, top *listing) error {
	w.changed.L = &w.mu
	if err := w.begin(selected, top); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for range min(runtime.GOMAXPROCS(0), walkers) {
		group.Go(func() error { return w.share(ctx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if w.found != nil {
		w.found(w.all.items, w.all.bytes)
	}
	return nil
}

// begin makes branches of what is selected.
func (w *walker) begin(selected []string, top *listing) error {
	if selected == nil {
		at, err := w.root.folder(".")
		if err != nil {
			return err
		}
		w.push(branch{above: share(at, 1), name: ".", into: top})
		return nil
	}
	for _, path := range selected {
		w.push(branch{path: path, into: top.part()})
	}
	slices.Reverse(w.pending)
	return nil
}

// selected looks at a selected path.
func (w *walker) selected(b branch) error {
	above, name := split(b.path)
	at, err := w.root.down(above)
	if err != nil {
		return b.into.leftOut(b.path, err)
	}
	e, ok, err := b.into.look(at, name, b.path)
	if err != nil || !ok {
		at.close()
		return err
	}
	var one tally
	one.add(e)
	w.count(one)
	below := b.into.add(e)
	if !e.Mode.IsDir() {
		at.close()
		return nil
	}
	w.push(branch{above: share(at, 1), name: name, path: b.path, into: below})
	return nil
}

// share looks at branches until there are none, and none can come.
func (w *walker) share(ctx context.Context) error {
	buf := make([]byte, 64<<10)
	for {
		b, ok := w.take()
		if !ok {
			return nil
		}
		if err := w.look(ctx, b, buf); err != nil {
			w.fail()
			return err
		}
		w.done()
	}
}

// take waits for a branch.
func (w *walker) take() (b branch, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pending) == 0 && w.busy > 0 && !w.broken {
		w.changed.Wait()
	}
	if len(w.pending) == 0 || w.broken {
		return branch{}, false
	}
	last := len(w.pending) - 1
	b, w.pending = w.pending[last], w.pending[:last]
	w.busy++
	return b, true
}

// push adds branches, of which the last is the next.
func (w *walker) push(all ...branch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		release(all)
		return
	}
	w.pending = append(w.pending, all...)
	w.changed.Broadcast()
}

// done gives a branch back that was taken.
func (w *walker) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy--; w.busy == 0 {
		w.changed.Broadcast()
	}
}

// fail has everybody stop, and lets go of what is pending.
func (w *walker) fail() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = true
	release(w.pending)
	w.pending = nil
	w.changed.Broadcast()
}

func release(all []branch) {
	for _, b := range all {
		if b.above != nil {
			b.above.release()
		}
	}
}

// look looks at a branch.
func (w *walker) look(ctx context.Context, b branch, buf []byte) error {
	switch {
	case ctx.Err() != nil:
		release([]branch{b})
		return ctx.Err()
	case b.above == nil:
		return w.selected(b)
	}
	return w.folder(ctx, b, buf)
}

// folder looks at what a folder holds.
func (w *walker) folder(ctx context.Context, b branch, buf []byte) error {
	d, err := b.above.folder(b.name)
	b.above.release()
	if err != nil {
		return b.into.leftOut(b.path, err)
	}
	below, err := w.contents(ctx, b, d, buf)
	if err != nil || len(below) == 0 {
		d.close()
		return err
	}
	above := share(d, len(below))
	for i := range below {
		below[i].above = above
	}
	slices.Reverse(below)
	w.push(below...)
	return nil
}

// contents looks at what d holds, and returns the folders among that, in their
// order.
func (w *walker) contents(ctx context.Context, b branch, d dir, buf []byte) (below []branch, err error) {
	names, err := d.names(ctx, buf)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil { // what was listed before is still there
		if err := b.into.leftOut(b.path, err); err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	prefix := b.path
	if prefix != "" {
		prefix += "/"
	}
	b.into.expect(len(names))
	var some, long tally
	for i, name := range names {
		if (i+1)%stride == 0 {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			w.count(some)
			some = tally{}
		}
		path := prefix + name
		if len(path) > deepest {
			long.items++
			continue
		}
		e, ok, err := b.into.look(d, name, path)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		some.add(e)
		into := b.into.add(e)
		if e.Mode.IsDir() {
			below = append(below, branch{name: name, path: path, into: into})
		}
	}
	w.count(some)
	b.into.tooLong(b.path, long.items)
	return below, nil
}

// count adds to what has been found, and tells it.
func (w *walker) count(some tally) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.items += some.items
	w.all.files += some.files
	w.all.bytes += some.bytes
	if w.found != nil && w.all.items-w.told >= stride {
		w.told = w.all.items
		w.found(w.all.items, w.all.bytes)
	}
}

// A tally is what entries amount to.
type tally struct {
	items, bytes int64
	files        int64 // regular ones
}

func (t *tally) add(e source.Entry) {
	t.items++
	t.bytes += e.Size
	if e.Mode.IsRegular() {
		t.files++
	}
}
