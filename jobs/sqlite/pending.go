package sqlite

import (
	"cmp"
	"slices"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite/bulk"
	"example.org/carryout/jobs/store"
)

const (
	insertEvent = `INSERT INTO events (job, seq, kind, data) VALUES (?, ?, ?, ?)`

	deleteCursor = `DELETE FROM cursors WHERE job = ?`
	deleteNewest = `DELETE FROM progress WHERE job = ?`
	upsertNewest = `
		INSERT INTO progress (job, seq, data) VALUES (?, ?, ?)
		ON CONFLICT (job) DO UPDATE SET seq = excluded.seq, data = excluded.data`

	upsertCursor = `
		INSERT INTO cursors (job, cursor, progress) VALUES (?, ?, ?)
		ON CONFLICT (job) DO UPDATE SET cursor = excluded.cursor, progress = excluded.progress`

	insertMessage  = `INSERT INTO messages (seq, name, data) VALUES (?, ?, ?)`
	deleteMessages = `
		DELETE FROM messages
		WHERE seq <= (SELECT seq FROM messages ORDER BY seq DESC LIMIT 1 OFFSET ?)`
)

// Progress events beyond the newest progressKept are removed, whenever thinEvery
// more events of a job have been written.
const (
	progressKept = 100
	thinEvery    = 64
)

const deleteProgress = `
	DELETE FROM events
	WHERE job = ?1 AND kind = 'progress' AND seq <= (
		SELECT seq FROM events WHERE job = ?1 AND kind = 'progress' ORDER BY seq DESC LIMIT 1 OFFSET ?2)`

// pending is what a transaction has decided and not yet written. A job that
// changes several times in one transaction is written once, as it is in the
// end of it, or as it is when something is asked of the database, or when there
// is nothing else to do for the moment: then what is pending is written.
type pending struct {
	rows     map[jobs.ID]*change // the latest change of each job
	keys     map[key]jobs.ID     // of the new jobs that have one
	order    []jobs.ID           // of rows: new jobs get ascending numbers
	events   []event
	thin     []int64           // numbers of jobs with too much progress
	cursors  map[int64]*cursor // of jobs by number; nil: to be deleted
	progress []newest          // the latest of a job holds
	messages []store.Message
	forget   int // keep that many messages only; 0: all
}

// A key is an idempotency key and whose it is.
type key struct{ owner, key string }

// An event as it is written.
type event struct {
	job, seq int64
	kind     jobs.Kind
	data     []byte
}

func (p *pending) empty() bool {
	return len(p.rows) == 0 && len(p.events) == 0 && len(p.cursors) == 0 && len(p.progress) == 0 && len(p.messages) == 0
}

// reset makes p empty. It keeps the room that was taken, unless that is much.
func (p *pending) reset() {
	if cap(p.events) > spareChanges || cap(p.progress) > spareChanges {
		*p = pending{}
		return
	}
	clear(p.rows)
	clear(p.keys)
	clear(p.events)
	clear(p.progress)
	*p = pending{rows: p.rows, keys: p.keys, order: p.order[:0], events: p.events[:0], progress: p.progress[:0]}
}

// add takes in what a function has decided.
func (p *pending) add(t *tx) {
	for _, c := range t.changes {
		p.change(c)
	}
	p.events = append(p.events, t.events...)
	p.thin = append(p.thin, t.thin...)
	for n, at := range t.cursors {
		if p.cursors == nil {
			p.cursors = make(map[int64]*cursor)
		}
		p.cursors[n] = at
	}
	p.progress = append(p.progress, t.progress...)
	p.messages = append(p.messages, t.messages...)
	p.forget = max(p.forget, t.forget)
}

// change notes how a row is to be written: as a new one, as a whole, or only
// what changes of a job that goes on running. What is noted already holds.
func (p *pending) change(c *change) {
	if c.Deleted {
		return // is done at once
	}
	id := c.Job.ID
	if before, ok := p.rows[id]; ok {
		merged := *c
		merged.write = min(merged.write, before.write)
		p.rows[id] = &merged
		return
	}
	if c.write == notAtAll {
		return
	}
	if p.rows == nil {
		p.rows, p.keys = make(map[jobs.ID]*change), make(map[key]jobs.ID)
	}
	p.rows[id] = c
	p.order = append(p.order, id)
	if c.row.key != "" && c.write == asNew {
		p.keys[key{c.Job.Owner, c.row.key}] = id
	}
}

// write writes all of it.
func (p *pending) write(c *connection) error {
	for _, write := range []func(*connection) error{p.writeRows, p.writeEvents, p.writeNewest, p.writeCursors, p.writeMessages} {
		if err := write(c); err != nil {
			return err
		}
	}
	return nil
}

// writeRows writes the rows of jobs, the new ones before the others.
func (p *pending) writeRows(c *connection) error {
	for _, as := range []struct {
		extent extent
		query  string
		put    func(*row, *bulk.Rows)
	}{
		{asNew, insertRow, (*row).insert},
		{asWhole, updateRow, (*row).update},
		{asRunning, updateRunning, (*row).updateRunning},
	} {
		err := c.each(as.query, func(rows *bulk.Rows) {
			for _, id := range p.order {
				if change := p.rows[id]; change.write == as.extent {
					as.put(change.row, rows)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pending) writeEvents(c *connection) error {
	err := c.each(insertEvent, func(rows *bulk.Rows) {
		for i := range p.events {
			e := &p.events[i]
			rows.Int(e.job)
			rows.Int(e.seq)
			rows.Text(string(e.kind))
			rows.Blob(e.data)
			rows.Next()
		}
	})
	if err != nil {
		return err
	}
	return c.each(deleteProgress, func(rows *bulk.Rows) {
		for _, n := range p.thin {
			rows.Int(n)
			rows.Int(progressKept)
			rows.Next()
		}
	})
}

// writeNewest writes the newest progress, in the order of the table.
func (p *pending) writeNewest(c *connection) error {
	if len(p.progress) == 0 {
		return nil
	}
	slices.SortStableFunc(p.progress, func(a, b newest) int { return cmp.Compare(a.job, b.job) })
	latest := p.progress[:0]
	for _, e := range p.progress {
		if n := len(latest); n > 0 && latest[n-1].job == e.job {
			latest[n-1] = e
		} else {
			latest = append(latest, e)
		}
	}
	err := c.each(deleteNewest, func(rows *bulk.Rows) {
		for _, e := range latest {
			if e.told == nil {
				rows.Int(e.job)
				rows.Next()
			}
		}
	})
	if err != nil {
		return err
	}
	var data []byte
	return c.each(upsertNewest, func(rows *bulk.Rows) {
		for _, e := range latest {
			if e.told != nil {
				rows.Int(e.job)
				rows.Int(e.seq)
				data = e.appendData(data[:0])
				rows.Blob(data)
				rows.Next()
			}
		}
	})
}

func (p *pending) writeCursors(c *connection) error {
	for n, at := range p.cursors {
		var err error
		if at == nil {
			err = c.exec(deleteCursor, n)
		} else {
			err = c.exec(upsertCursor, n, at.data, progressData(at.progress))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pending) writeMessages(c *connection) error {
	for _, m := range p.messages {
		if err := c.exec(insertMessage, m.Seq, m.Name, m.Data); err != nil {
			return err
		}
	}
	if p.forget == 0 {
		return nil
	}
	return c.exec(deleteMessages, int64(p.forget))
}
