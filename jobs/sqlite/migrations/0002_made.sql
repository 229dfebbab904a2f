-- Jobs are found by what their files were made of.

ALTER TABLE jobs ADD COLUMN file_key TEXT;      -- NULL: that cannot be told

CREATE INDEX jobs_made ON jobs (file_key) WHERE state = 'ready' AND file_key IS NOT NULL;
