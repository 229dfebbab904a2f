-- Of files that somebody has taken home, those of long ago go first where there
-- is too little room.

ALTER TABLE jobs ADD COLUMN downloaded INTEGER; -- steady time of the latest download to the end; NULL: none

CREATE INDEX jobs_downloaded ON jobs (downloaded) WHERE state = 'ready' AND downloaded IS NOT NULL;
