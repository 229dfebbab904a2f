package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/steady"
)

// markEvery is how old a kept mark of the steady clock becomes.
const markEvery = time.Hour

// slew is by how much the steady clock and that of the machine may differ
// without anybody having set the one.
const slew = time.Minute

// clock is the steady clock of a store, whose mark is kept in the database.
type clock struct {
	*steady.Clock

	mu     sync.Mutex
	marked time.Time // steady time of the mark that is kept
}

const selectClock = `SELECT boot, up, wall, steady FROM clock`

// startClock goes on from the mark in the database.
func startClock(ctx context.Context, db *sql.DB, read func() steady.Reading) (*clock, error) {
	var boot string
	var up, wall, at int64
	err := db.QueryRowContext(ctx, selectClock).Scan(&boot, &up, &wall, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return &clock{Clock: steady.Start(steady.Mark{}, read)}, nil
	}
	if err != nil {
		return nil, err
	}
	return &clock{Clock: steady.Start(steady.Mark{
		Reading: steady.Reading{Boot: boot, Up: time.Duration(up), Wall: time.UnixMilli(wall)},
		Time:    time.UnixMilli(at).UTC(),
	}, read)}, nil
}

const upsertClock = `
	INSERT INTO clock (one, boot, up, wall, steady) VALUES (1, ?, ?, ?, ?)
	ON CONFLICT (one) DO UPDATE SET boot = excluded.boot, up = excluded.up, wall = excluded.wall, steady = excluded.steady`

// keepTime keeps a mark of the steady clock.
func (s *Store) keepTime(ctx context.Context) error {
	var m steady.Mark
	err := s.write(ctx, "keeping the time", func(t *tx) error {
		m = s.clock.Mark()
		return t.exec(upsertClock, m.Boot, int64(m.Up), m.Wall.UnixMilli(), m.Time.UnixMilli())
	})
	if err != nil {
		return err
	}
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	s.clock.marked = m.Time
	return nil
}

// stale reports whether the mark that is kept has become old.
func (c *clock) stale() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Now().Sub(c.marked) >= markEvery
}

// due returns the steady time at which the file of e, which makes a job ready,
// is to be removed; the zero time: it is kept.
func (c *clock) due(e jobs.Event) time.Time {
	if e.Expires.IsZero() {
		return time.Time{}
	}
	return trim(c.Now()).Add(e.Expires.Sub(e.At))
}

// foretell makes Expires of a ready job the time that the machine's clock will
// show when its file is removed, should that have been set since it was told.
func (s *Store) foretell(r *row) {
	j := &r.job
	if j.State != jobs.Ready || r.due.IsZero() || j.Expires.IsZero() {
		return
	}
	then := s.options.Now().Add(r.due.Sub(s.clock.Now()))
	if off := then.Sub(j.Expires); off > slew || off < -slew {
		j.Expires = trim(then)
	}
}
