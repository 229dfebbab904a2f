package sqlite

import (
	"context"
	"math"

	"example.org/carryout/jobs"
)

const (
	selectRunning = selectColumns + `
		FROM jobs AS j INDEXED BY jobs_running ` + withFirst + `
		WHERE j.state = 'running'`
	selectQueue = selectColumns + `
		FROM jobs AS j INDEXED BY jobs_queued ` + withFirst + `
		WHERE j.state = 'queued' AND j.turn > ? ORDER BY j.turn LIMIT ?`
	selectNumbers = `
		SELECT ifnull(max(n), 0),
			max(ifnull((SELECT max(turn) FROM jobs INDEXED BY jobs_queued WHERE state = 'queued'), 0),
				ifnull((SELECT max(turn) FROM jobs INDEXED BY jobs_running WHERE state = 'running'), 0)),
			(SELECT ifnull(max(seq), 0) FROM messages)
		FROM jobs`
	selectCounts = `
		SELECT 'queued', count(*) FROM jobs INDEXED BY jobs_queued WHERE state = 'queued'
		UNION ALL SELECT 'running', count(*) FROM jobs INDEXED BY jobs_running WHERE state = 'running'
		UNION ALL SELECT state, count(*) FROM jobs INDEXED BY jobs_done WHERE finished IS NOT NULL GROUP BY state`
	selectWaiting = `SELECT owner, count(*) FROM jobs INDEXED BY jobs_queued WHERE state = 'queued' GROUP BY owner`
)

// load reads all that the writer must know. It runs within a transaction.
func (w *writer) load() error {
	w.stale = true
	var newest, turn int64
	err := w.connection.QueryRowContext(context.Background(), selectNumbers).Scan(&newest, &turn, &w.message)
	if err != nil {
		return err
	}
	w.newest, w.turn = max(w.newest, newest), max(w.turn, turn)
	counts, err := w.readCounts()
	if err != nil {
		return err
	}
	if w.queued, err = w.readWaiting(); err != nil {
		return err
	}
	w.active = newActive(w.options.Limits.Running)
	running, err := readRows(w.connection.QueryContext(context.Background(), selectRunning))
	if err != nil {
		return err
	}
	for _, r := range running {
		w.active.put(r)
	}
	if err := w.refill(-1); err != nil {
		return err
	}
	w.publish(counts)
	w.publishAside(running)
	w.leases.match(running)
	w.stale = false
	return nil
}

// refill reads the next part of the queue, the jobs with turns after that one.
func (w *writer) refill(after int64) error {
	rows, err := readRows(w.connection.QueryContext(context.Background(), selectQueue, after, part))
	if err != nil {
		return err
	}
	a := w.active
	a.horizon = math.MaxInt64
	if len(rows) == part {
		a.horizon = rows[len(rows)-1].turn
	}
	for _, r := range rows {
		a.enqueue(r, nil)
	}
	return nil
}

// readCounts counts the jobs in each state.
func (w *writer) readCounts() (map[jobs.State]int64, error) {
	return scanCounts(w.connection.QueryContext(context.Background(), selectCounts))
}

// readWaiting counts the queued jobs of each owner, if there is a limit to them.
func (w *writer) readWaiting() (waiting, error) {
	queued := make(waiting)
	if w.options.Limits.Queued == 0 {
		return queued, nil
	}
	rows, err := w.connection.QueryContext(context.Background(), selectWaiting)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var owner string
		var n int
		if err := rows.Scan(&owner, &n); err != nil {
			return nil, err
		}
		queued[owner] = n
	}
	return queued, rows.Err()
}
