-- The newest progress of each job that runs. It is told again and again: here
-- it takes the place of what was told before, and many jobs share a page. From
-- time to time what was told moves on to the events.

CREATE TABLE progress (
	job  INTEGER PRIMARY KEY REFERENCES jobs (n) ON DELETE CASCADE,
	seq  INTEGER NOT NULL,                      -- of the event; what is not beyond the events is out of date
	data BLOB    NOT NULL                       -- JSON, as package wire writes it
) STRICT;
