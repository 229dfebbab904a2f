-- Times are milliseconds since 1970, UTC; NULL is a time that is not known.

CREATE TABLE jobs (
	n               INTEGER PRIMARY KEY,        -- newer jobs have greater ones
	id              TEXT    NOT NULL UNIQUE,
	owner           TEXT    NOT NULL,
	key             TEXT,                       -- idempotency key of the owner; NULL: none
	state           TEXT    NOT NULL,
	last_event      INTEGER NOT NULL,           -- number of the latest event; counts from 1
	turn            INTEGER NOT NULL,           -- who waits is served in this order
	fence           INTEGER NOT NULL,           -- number of the latest claim; counts from 1
	attempt         INTEGER NOT NULL,           -- number of starts
	created         INTEGER NOT NULL,           -- time
	started         INTEGER,                    -- time
	finished        INTEGER,                    -- time
	expires         INTEGER,                    -- time
	warnings        INTEGER NOT NULL,           -- number of cases
	reason          TEXT    NOT NULL,
	failure_code    TEXT    NOT NULL,
	failure_message TEXT    NOT NULL,
	file_name       TEXT    NOT NULL,
	file_size       INTEGER NOT NULL,           -- bytes
	file_type       TEXT    NOT NULL,
	file_sha256     TEXT    NOT NULL,           -- lower-case hexadecimal
	progress        BLOB                        -- data of a progress event, JSON; NULL: none
) STRICT;

CREATE UNIQUE INDEX jobs_key ON jobs (owner, key) WHERE key IS NOT NULL;
CREATE INDEX jobs_owner   ON jobs (owner);
CREATE INDEX jobs_done    ON jobs (state)   WHERE finished IS NOT NULL;
CREATE INDEX jobs_queued  ON jobs (turn)    WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (turn)    WHERE state = 'running';
CREATE INDEX jobs_ready   ON jobs (expires) WHERE state = 'ready' AND expires IS NOT NULL;

-- The first event of a job is never removed: it holds the spec.
CREATE TABLE events (
	job  INTEGER NOT NULL REFERENCES jobs (n) ON DELETE CASCADE,
	seq  INTEGER NOT NULL,                      -- counts from 1
	kind TEXT    NOT NULL,
	data BLOB    NOT NULL,                      -- JSON, as package wire writes it
	PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;

-- Where an interrupted job can go on. It may be large and stays out of jobs,
-- whose rows are written with every event.
CREATE TABLE cursors (
	job    INTEGER PRIMARY KEY REFERENCES jobs (n) ON DELETE CASCADE,
	cursor BLOB NOT NULL                        -- the worker's own
) STRICT;

CREATE TABLE messages (
	seq  INTEGER PRIMARY KEY,                   -- its number on the feed
	name TEXT NOT NULL,
	data TEXT NOT NULL
) STRICT;
