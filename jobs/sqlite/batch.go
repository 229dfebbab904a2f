package sqlite

import (
	"errors"
	"maps"
	"time"

	"github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/store"
)

// batch is one transaction of the writer: what has gathered while the one
// before it was on its way to the disk, and who came while it was made.
type batch struct {
	w       *writer
	now     time.Time
	counts  map[jobs.State]int64 // as they will be after the commit
	message int64                // the newest, likewise
	pending *pending
	tx      tx        // of the function that runs
	changes []*change // of the functions that went well, in order
	undo    []undo    // what the memory was before them
	calls   []outcome[*call]
	claims  []outcome[*claim]

	begun    bool  // there is a transaction to end
	refilled bool  // the memory holds what was read within it
	broken   error // why it is lost as a whole
}

// An outcome is what is to be answered after the commit.
type outcome[T any] struct {
	to  T
	err error
}

// An undo is how the memory had a job; nil: not at all.
type undo struct {
	id     jobs.ID
	before *row
}

// The statements that begin and end a transaction. The version changes when
// another connection has written
// (https://www.sqlite.org/pragma.html#pragma_data_version).
const (
	begin         = `BEGIN IMMEDIATE`
	commit        = `COMMIT`
	rollback      = `ROLLBACK`
	selectVersion = `PRAGMA data_version`
)

// transact runs calls, and starts jobs for the claims that wait if serve says so,
// and makes all of it durable. Nothing is told or answered yet.
func (w *writer) transact(calls []*call, serve bool) *batch {
	b := w.begin()
	b.run(calls)
	if serve {
		b.serve()
	}
	b.end()
	return b
}

// begin begins a transaction.
func (w *writer) begin() *batch {
	n := w.last.answered // as many are likely to come again
	b := &batch{
		w: w, pending: &w.pending,
		changes: make([]*change, 0, n), undo: make([]undo, 0, n), calls: make([]outcome[*call], 0, n), claims: make([]outcome[*claim], 0, n),
	}
	b.begin()
	b.counts, b.message = maps.Clone(w.counts), w.message
	return b
}

// run runs calls.
func (b *batch) run(calls []*call) {
	b.now = b.w.options.Now() // later than when they were made
	for _, c := range calls {
		if c.take() {
			b.calls = append(b.calls, outcome[*call]{c, b.guard(c.run)})
		}
	}
}

// begin begins the transaction, and reads anew what the writer knows if
// somebody else has written.
func (b *batch) begin() {
	c := b.w.connection
	var version int64
	if b.broken = c.exec(begin); b.broken == nil {
		b.begun = true
		version, b.broken = c.number(selectVersion)
	}
	if b.broken == nil && (b.w.stale || version != b.w.version) {
		b.broken = b.w.load()
		b.w.version = version
	}
}

// guard runs f, and takes up what it has decided unless it fails.
func (b *batch) guard(f func(*tx) error) error {
	if b.broken != nil {
		return b.broken
	}
	t := &b.tx
	*t = tx{batch: b, changes: t.changes[:0], events: t.events[:0]} // what it held is taken up
	if err := f(t); err != nil {
		return err
	}
	b.pending.add(t)
	for _, c := range t.changes {
		b.undo = append(b.undo, undo{c.Job.ID, b.w.active.rows[c.Job.ID]})
		if c.write == notAtAll { // it goes on running
			b.w.active.rows[c.Job.ID] = c.row
			continue
		}
		b.counts[c.before]--
		b.w.queued.add(c)
		if c.Deleted {
			b.w.active.remove(c.Job.ID)
		} else {
			b.counts[c.Job.State]++
			b.w.active.put(c.row)
		}
	}
	if n := len(t.messages); n > 0 {
		b.message = t.messages[n-1].Seq
	}
	delete(b.counts, "") // where new jobs come from
	b.changes = append(b.changes, t.changes...)
	return nil
}

// lost notes that the database has failed, after which nothing of the
// transaction can be trusted.
func (b *batch) lost(err error) error {
	if err != nil && b.broken == nil {
		b.broken = err
	}
	return err
}

// flush writes what is pending.
func (b *batch) flush() error {
	if b.broken != nil || b.pending.empty() {
		return b.broken
	}
	err := b.lost(b.pending.write(b.w.connection))
	b.pending.reset()
	return err
}

// end writes what is pending and commits, or takes back all of it.
func (b *batch) end() {
	defer b.pending.reset()
	c := b.w.connection
	if b.broken == nil {
		b.broken = b.pending.write(c)
	}
	if b.broken == nil {
		failpoint.At("transaction-written")
		b.broken = c.exec(commit)
		b.w.stale = b.broken != nil // perhaps it is on the disk, perhaps not
	}
	if b.broken == nil {
		return
	}
	// After some errors, such as that of a full disk, SQLite has undone the
	// transaction of its own accord.
	if b.begun && c.direct.InTransaction() {
		_ = c.exec(rollback) // whatever it says, nothing was committed
	}
	b.w.stale = b.w.stale || b.refilled
	for _, c := range b.changes {
		b.w.queued.take(c)
	}
	for i := len(b.undo) - 1; i >= 0; i-- {
		if u := b.undo[i]; u.before == nil {
			b.w.active.remove(u.id)
		} else {
			b.w.active.put(u.before)
		}
	}
}

// spoiled reports whether the parts of a batch that was lost may go well one
// by one: whatever one of them asks of the disk, the others need not suffer.
func (b *batch) spoiled() bool {
	if b.deserved() {
		return true
	}
	var coded sqlite3.Error
	held := errors.As(b.broken, &coded) && (coded.Code == sqlite3.ErrBusy || coded.Code == sqlite3.ErrLocked)
	return b.broken != nil && b.begun && !held && len(b.calls)+len(b.claims) > 1
}

// settle tells of what has been committed, and answers.
func (b *batch) settle() {
	if b.broken == nil {
		failpoint.At("transaction-committed")
		b.w.publish(b.counts)
		b.w.message = b.message
		b.w.publishChanged(b.changes)
		b.release()
		b.notify()
		failpoint.At("transaction-told")
	} else {
		b.w.refuse(b.broken)
	}
	b.answer()
}

// release ends and begins leases.
func (b *batch) release() {
	for _, c := range b.changes {
		if c.ended {
			b.w.leases.release(c.Job.ID)
		}
		if c.lost != nil {
			b.w.leases.hold(c.Job.ID, c.row.fence, c.lost)
		}
	}
}

// spareChanges is how many changes there is memory kept for: not those of a burst.
const spareChanges = 1024

func (b *batch) notify() {
	if b.w.options.Notify == nil {
		return
	}
	told := b.w.told[:0]
	for _, c := range b.changes {
		if len(c.Events) > 0 || c.Deleted {
			told = append(told, c.Change)
		}
	}
	if len(told) > 0 {
		b.w.options.Notify(told)
	}
	clear(told)
	if b.w.told = told; cap(told) > spareChanges {
		b.w.told = nil
	}
}

// answered is how many wait for an answer.
func (b *batch) answered() int {
	n := len(b.claims)
	for _, o := range b.calls {
		if o.to.then == nil {
			n++
		}
	}
	return n
}

// answer tells the callers what became of what they asked for.
func (b *batch) answer() {
	for _, o := range b.calls {
		if o.err == nil {
			o.err = b.broken
		}
		o.to.reply(o.err)
	}
	for _, o := range b.claims {
		if o.err == nil {
			o.err = b.broken
		}
		if o.err != nil {
			o.to.lease = store.Lease{}
		}
		o.to.answer <- o.err
	}
}
