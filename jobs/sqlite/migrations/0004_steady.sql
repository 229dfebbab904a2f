-- Files are kept by the time that passes (package steady), whatever the clock of
-- the machine is set to. Such times are milliseconds too, but no dates.

ALTER TABLE jobs ADD COLUMN due INTEGER;        -- steady time at which the file is removed; NULL: it is kept
UPDATE jobs SET due = expires;                  -- where the clock begins, the two are the same

DROP INDEX jobs_ready;
CREATE INDEX jobs_due ON jobs (due) WHERE state = 'ready' AND due IS NOT NULL;

-- What the steady clock goes on from: one row.
CREATE TABLE clock (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	boot   TEXT    NOT NULL,                    -- names a start of the machine
	up     INTEGER NOT NULL,                    -- nanoseconds since then
	wall   INTEGER NOT NULL,                    -- time
	steady INTEGER NOT NULL                     -- the steady time at that moment
) STRICT;
