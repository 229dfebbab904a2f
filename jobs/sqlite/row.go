package sqlite

import (
	"database/sql"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

// row is a job as the database keeps it.
type row struct {
	n      int64 // 0: it is not in the database yet
	job    jobs.Job
	key    string
	turn   int64
	fence  int64
	leased int64 // milliseconds on the clock of leases; 0: not held
}

// A query that begins with selectColumns reads what [scan] expects. The spec
// comes from the first event. Those for the queue name their index, because
// SQLite would rather take the one for the state and sort.
const (
	selectRow     = selectColumns + ` FROM jobs AS j ` + withFirst
	withFirst     = `JOIN events AS e ON e.job = j.n AND e.seq = 1`
	selectColumns = `
	SELECT j.n, j.id, j.owner, j.state, j.last_event, j.turn, j.fence, j.leased, j.attempt,
		j.created, j.started, j.finished, j.expires, j.warnings, j.reason,
		j.failure_code, j.failure_message, j.file_name, j.file_size, j.file_type, j.file_sha256,
		j.progress, e.data`
)

// scan reads a row, from a *sql.Row or *sql.Rows.
func scan(from interface{ Scan(...any) error }) (row, error) {
	var r row
	var leased, created, started, finished, expires sql.Null[int64]
	var progress, first []byte
	j := &r.job
	err := from.Scan(&r.n, (*string)(&j.ID), &j.Owner, (*string)(&j.State), &j.LastEvent, &r.turn, &r.fence, &leased, &j.Attempt,
		&created, &started, &finished, &expires, &j.Warnings, &j.Reason,
		&j.Failure.Code, &j.Failure.Message, &j.File.Name, &j.File.Size, &j.File.Type, &j.File.SHA256,
		&progress, &first)
	if err != nil {
		return row{}, err
	}
	r.leased = leased.V
	j.Created, j.Started, j.Finished, j.Expires = fromMilli(created), fromMilli(started), fromMilli(finished), fromMilli(expires)
	if progress != nil {
		e, err := wire.ParseData(jobs.KindProgress, progress)
		if err != nil {
			return row{}, err
		}
		j.Progress = e.Progress
	}
	e, err := wire.ParseData(jobs.KindQueued, first)
	j.Spec = e.Spec
	return r, err
}

const (
	insertRow = `
		INSERT INTO jobs (state, last_event, turn, fence, leased, attempt,
			created, started, finished, expires, warnings, reason,
			failure_code, failure_message, file_name, file_size, file_type, file_sha256, progress,
			id, owner, key)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	updateRow = `
		UPDATE jobs SET state = ?, last_event = ?, turn = ?, fence = ?, leased = ?, attempt = ?,
			created = ?, started = ?, finished = ?, expires = ?, warnings = ?, reason = ?,
			failure_code = ?, failure_message = ?, file_name = ?, file_size = ?, file_type = ?, file_sha256 = ?, progress = ?
		WHERE n = ?`

	// updateRunning is for a job that goes on running. Most writes are this
	// one, and it touches one index only.
	updateRunning = `UPDATE jobs SET last_event = ?, leased = ?, warnings = ?, progress = ? WHERE n = ?`
)

// save writes the row, and gives it its number if it is new.
func (r *row) save(t *sql.Tx) error {
	j := r.job
	values := []any{string(j.State), j.LastEvent, r.turn, r.fence, unlessZero(r.leased), j.Attempt,
		milli(j.Created), milli(j.Started), milli(j.Finished), milli(j.Expires), j.Warnings, j.Reason,
		j.Failure.Code, j.Failure.Message, j.File.Name, j.File.Size, j.File.Type, j.File.SHA256, progressData(j)}
	if r.n != 0 {
		_, err := t.Exec(updateRow, append(values, r.n)...)
		return err
	}
	result, err := t.Exec(insertRow, append(values, string(j.ID), j.Owner, unlessZero(r.key))...)
	if err != nil {
		return err
	}
	r.n, err = result.LastInsertId()
	return err
}

// saveRunning writes what events change that leave the job running.
func (r *row) saveRunning(t *sql.Tx) error {
	_, err := t.Exec(updateRunning, r.job.LastEvent, r.leased, r.job.Warnings, progressData(r.job), r.n)
	return err
}

// progressData returns the job's progress as a progress event would hold it,
// or nil if there is none.
func progressData(j jobs.Job) any {
	if j.Progress == (jobs.Progress{}) {
		return nil
	}
	return wire.AppendData(nil, jobs.Event{Kind: jobs.KindProgress, Progress: j.Progress})
}

// trim cuts a time down to what the database keeps of it.
func trim(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// milli returns t in milliseconds since 1970, or nil for the zero time.
func milli(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func fromMilli(v sql.Null[int64]) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return time.UnixMilli(v.V).UTC()
}

// unlessZero returns nil, which is NULL, for a zero value.
func unlessZero[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
