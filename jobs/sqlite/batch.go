package sqlite

import (
	"database/sql"
	"maps"
	"slices"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// batch is one transaction of the writer: what has gathered while the one
// before it was on its way to the disk.
type batch struct {
	w       *writer
	tx      *sql.Tx
	now     time.Time
	clock   int64                // of leases, milliseconds
	counts  map[jobs.State]int64 // as they will be after the commit
	changes []change             // of the functions that went well, in order
	calls   []outcome[*call]
	claims  []outcome[*claim]
	broken  error // why the transaction as a whole is lost
}

// An outcome is what is to be answered after the commit.
type outcome[T any] struct {
	to  T
	err error
}

// commit runs calls, starts jobs for the claims that wait, makes all of it
// durable, tells of it, and answers.
func (w *writer) commit(calls []*call) {
	w.waiting = slices.DeleteFunc(w.waiting, func(c *claim) bool { return c.gone() })
	b := &batch{w: w, now: w.options.Now(), clock: w.clock(), counts: maps.Clone(w.counts)}
	if len(calls) == 0 && (len(w.waiting) == 0 || !b.hopeful()) {
		return
	}
	if b.tx, b.broken = w.db.Begin(); b.broken == nil {
		for _, c := range calls {
			b.call(c)
		}
		b.serve()
		b.finish()
	} else {
		b.refuseAll(calls)
	}
	if b.broken == nil {
		w.publish(b.counts)
		b.release()
		b.notify()
	} else {
		w.runsOut = 0 // may rest on what was undone: look again
		w.refuse(b.broken)
	}
	b.answer()
}

// call runs one function, unless its caller has gone.
func (b *batch) call(c *call) {
	if c.take() {
		b.calls = append(b.calls, outcome[*call]{c, b.guard(c.run)})
	}
}

// refuseAll takes calls for which no transaction could begin.
func (b *batch) refuseAll(calls []*call) {
	for _, c := range calls {
		if c.take() {
			b.calls = append(b.calls, outcome[*call]{c, b.broken})
		}
	}
}

// guard runs f behind a savepoint, to which an error takes the transaction
// back.
func (b *batch) guard(f func(*tx) error) error {
	if b.broken != nil {
		return b.broken
	}
	if _, b.broken = b.tx.Exec(`SAVEPOINT call`); b.broken != nil {
		return b.broken
	}
	t := &tx{Tx: b.tx, batch: b}
	err := f(t)
	if err != nil {
		if _, lost := b.tx.Exec(`ROLLBACK TO call; RELEASE call`); lost != nil {
			// After some errors, such as that of a full disk, SQLite has
			// undone the whole transaction of its own accord.
			b.broken = err
		}
		return err
	}
	if _, b.broken = b.tx.Exec(`RELEASE call`); b.broken != nil {
		return b.broken
	}
	b.changes = append(b.changes, t.changes...)
	for _, c := range t.changes {
		b.counts[c.before]--
		if !c.Deleted {
			b.counts[c.Job.State]++
		}
	}
	delete(b.counts, "") // where new jobs come from
	return nil
}

// finish ends the transaction.
func (b *batch) finish() {
	if b.broken != nil {
		b.tx.Rollback() // whatever it says, the connection is free again
		return
	}
	b.broken = b.tx.Commit()
}

// release closes the Lost of the leases that have ended, and keeps those of
// the leases that have begun.
func (b *batch) release() {
	for _, c := range b.changes {
		if c.ended {
			if lost, ok := b.w.holds[c.Job.ID]; ok {
				close(lost)
				delete(b.w.holds, c.Job.ID)
			}
		}
		if c.lost != nil {
			b.w.holds[c.Job.ID] = c.lost
		}
	}
}

func (b *batch) notify() {
	if b.w.options.Notify == nil || len(b.changes) == 0 {
		return
	}
	told := make([]store.Change, len(b.changes))
	for i, c := range b.changes {
		told[i] = c.Change
	}
	b.w.options.Notify(told)
}

// answer tells the callers what became of what they asked for.
func (b *batch) answer() {
	for _, o := range b.calls {
		if o.err == nil {
			o.err = b.broken
		}
		o.to.answer <- o.err
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
