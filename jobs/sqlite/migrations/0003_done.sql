-- What is done already where an interrupted job goes on.

ALTER TABLE cursors ADD COLUMN progress BLOB;   -- data of a progress event, JSON; NULL: it is not known
