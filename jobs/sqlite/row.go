package sqlite

import (
	"database/sql"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite/bulk"
	"example.org/carryout/jobs/wire"
)

// row is a job as the database keeps it.
type row struct {
	n     int64 // 0: it is not in the database yet
	job   jobs.Job
	key   string
	turn  int64
	fence int64
	kept  bool      // it has a cursor
	told  bool      // it is in the table progress
	due   time.Time // by the steady clock, when its file is removed; zero: it is kept

	recent recent
	crowd  int // events written since old progress was removed, or more if that is not known
}

// A query that begins with selectColumns reads what [scan] expects. The spec
// comes from the first event. The row of a running job is not written for its
// progress, which is told often: what is later than the row, in the table
// progress and before it in events, is progress. Queries for the queue name their
// index, because SQLite would rather take the one for the state and sort.
const (
	selectRow     = selectColumns + ` FROM jobs AS j ` + withFirst
	withFirst     = `JOIN events AS e ON e.job = j.n AND e.seq = 1`
	selectColumns = `
	SELECT j.n, j.id, j.owner, j.state, ` + lastEvent + `, j.turn, j.fence, j.attempt,
		j.created, j.started, j.finished, j.expires, j.warnings, j.reason,
		j.failure_code, j.failure_message, j.file_name, j.file_size, j.file_type, j.file_sha256,
		j.file_key, j.due, ` + lastProgress + `, e.data, EXISTS (SELECT 1 FROM cursors AS c WHERE c.job = j.n),
		(SELECT seq FROM progress WHERE job = j.n)`
	lastEvent = `
		CASE j.state WHEN 'running'
			THEN max(` + lastKept + `, ifnull((SELECT seq FROM progress WHERE job = j.n), 0))
			ELSE j.last_event END`
	lastKept     = `(SELECT max(seq) FROM events WHERE job = j.n)`
	lastProgress = `
		CASE j.state WHEN 'running'
			THEN coalesce((SELECT data FROM progress WHERE job = j.n AND seq > ` + lastKept + `),
				(SELECT data FROM events WHERE job = j.n AND seq > j.last_event ORDER BY seq DESC LIMIT 1), j.progress)
			ELSE j.progress END`
)

// scan reads a row, from a *sql.Row or *sql.Rows.
func scan(from interface{ Scan(...any) error }) (*row, error) {
	r := new(row)
	var created, started, finished, expires, due sql.Null[int64]
	var fileKey sql.Null[string]
	var newest sql.Null[int64]
	var progress, first []byte
	j := &r.job
	err := from.Scan(&r.n, (*string)(&j.ID), &j.Owner, (*string)(&j.State), &j.LastEvent, &r.turn, &r.fence, &j.Attempt,
		&created, &started, &finished, &expires, &j.Warnings, &j.Reason,
		&j.Failure.Code, &j.Failure.Message, &j.File.Name, &j.File.Size, &j.File.Type, &j.File.SHA256,
		&fileKey, &due, &progress, &first, &r.kept, &newest)
	if err != nil {
		return nil, err
	}
	j.File.Key, r.due = fileKey.V, fromMilli(due)
	j.Created, j.Started, j.Finished, j.Expires = fromMilli(created), fromMilli(started), fromMilli(finished), fromMilli(expires)
	var at time.Time
	if at, j.Progress, err = parseProgress(progress); err != nil {
		return nil, err
	}
	e, err := wire.ParseData(jobs.KindQueued, first)
	if err != nil {
		return nil, err
	}
	j.Spec = e.Spec
	if j.LastEvent > progressKept {
		r.crowd = thinEvery - 1 // so that old progress goes with the next event
	}
	if r.told = newest.Valid; j.State == jobs.Running && newest.V == j.LastEvent {
		r.recent = recent{{j.LastEvent, at, j.Progress}}
	}
	return r, nil
}

const (
	insertRow = `
		INSERT INTO jobs (n, id, owner, key, state, last_event, turn, fence, attempt,
			created, started, finished, expires, warnings, reason,
			failure_code, failure_message, file_name, file_size, file_type, file_sha256, progress, file_key, due)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	updateRow = `
		UPDATE jobs SET state = ?2, last_event = ?3, turn = ?4, fence = ?5, attempt = ?6,
			started = ?7, finished = ?8, expires = ?9, warnings = ?10, reason = ?11,
			failure_code = ?12, failure_message = ?13, file_name = ?14, file_size = ?15, file_type = ?16, file_sha256 = ?17, progress = ?18,
			file_key = ?19, due = ?20
		WHERE n = ?1`

	// updateRunning is for a job that goes on running. It touches no index.
	updateRunning = `UPDATE jobs SET last_event = ?2, warnings = ?3, progress = ?4 WHERE n = ?1`
)

// insert adds the values of insertRow.
func (r *row) insert(to *bulk.Rows) {
	j := &r.job
	to.Int(r.n)
	to.Text(string(j.ID))
	to.Text(j.Owner)
	textOrNull(to, r.key)
	to.Text(string(j.State))
	to.Int(j.LastEvent)
	to.Int(r.turn)
	to.Int(r.fence)
	to.Int(int64(j.Attempt))
	milli(to, j.Created)
	r.rest(to)
}

// update adds the values of updateRow.
func (r *row) update(to *bulk.Rows) {
	j := &r.job
	to.Int(r.n)
	to.Text(string(j.State))
	to.Int(j.LastEvent)
	to.Int(r.turn)
	to.Int(r.fence)
	to.Int(int64(j.Attempt))
	r.rest(to)
}

// rest adds what both have in the end.
func (r *row) rest(to *bulk.Rows) {
	j := &r.job
	milli(to, j.Started)
	milli(to, j.Finished)
	milli(to, j.Expires)
	to.Int(j.Warnings)
	to.Text(j.Reason)
	to.Text(j.Failure.Code)
	to.Text(j.Failure.Message)
	to.Text(j.File.Name)
	to.Int(j.File.Size)
	to.Text(j.File.Type)
	to.Text(j.File.SHA256)
	to.Blob(progressData(j.Progress))
	textOrNull(to, j.File.Key)
	milli(to, r.due)
	to.Next()
}

// updateRunning adds the values of updateRunning: what events change that leave
// the job running.
func (r *row) updateRunning(to *bulk.Rows) {
	to.Int(r.n)
	to.Int(r.job.LastEvent)
	to.Int(r.job.Warnings)
	to.Blob(progressData(r.job.Progress))
	to.Next()
}

// progressData returns progress as a progress event would hold it, or nil if
// there is none.
func progressData(p jobs.Progress) []byte {
	if p == (jobs.Progress{}) {
		return nil
	}
	return wire.AppendKept(make([]byte, 0, often), jobs.Event{Kind: jobs.KindProgress, Progress: p})
}

// parseProgress reads what progressData or appendData has written.
func parseProgress(data []byte) (at time.Time, p jobs.Progress, err error) {
	if data == nil {
		return at, p, nil
	}
	e, err := wire.ParseData(jobs.KindProgress, data)
	return e.At, e.Progress, err
}

// trim cuts a time down to what the database keeps of it.
func trim(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// milli adds t in milliseconds since 1970, or NULL for the zero time.
func milli(to *bulk.Rows, t time.Time) {
	if t.IsZero() {
		to.Null()
		return
	}
	to.Int(t.UnixMilli())
}

func fromMilli(v sql.Null[int64]) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return time.UnixMilli(v.V).UTC()
}

// textOrNull adds a text, or NULL if it is empty.
func textOrNull(to *bulk.Rows, v string) {
	if v == "" {
		to.Null()
		return
	}
	to.Text(v)
}
