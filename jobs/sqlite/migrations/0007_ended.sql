-- Since when a job is one that may be forgotten: failed, canceled or expired. Only
-- where the number of the latest event is still the same does the row hold.

CREATE TABLE ended (
	job        INTEGER PRIMARY KEY REFERENCES jobs (n) ON DELETE CASCADE,
	last_event INTEGER NOT NULL,                -- of the job, when it was seen so
	at         INTEGER NOT NULL                 -- steady time of that
) STRICT;

CREATE INDEX ended_at ON ended (at);
