#include <stdlib.h>
#include <string.h>

#include "spool.h"
#include "sqlite.h"

// The default file system writes no more than 128 KiB at once, less a byte.
#define ROOM (120 << 10)

// A frame of the log is a head and a page
// (https://www.sqlite.org/fileformat.html#the_write_ahead_log).
#define HEAD 24

struct spool {
	struct file file; // what SQLite sees
	struct file *log; // the real one, which lies behind this
	unsigned char *gathered;
	int n;       // bytes gathered
	offset at;   // where they belong
	int commits; // the frame whose head was written last ends a transaction
};

static struct vfs *real;

static int flush(struct spool *s) {
	if (s->n == 0)
		return OK;
	int rc = s->log->methods->write(s->log, s->gathered, s->n, s->at);
	if (rc == OK)
		s->n = 0;
	return rc;
}

// give_up forgets what is gathered if it could not be written. SQLite is told,
// and undoes the transaction.
static int give_up(struct spool *s, int rc) {
	if (rc != OK)
		s->n = 0;
	return rc;
}

static int write_through(struct spool *s, const void *from, int n, offset at) {
	int rc = flush(s);
	if (rc == OK)
		rc = s->log->methods->write(s->log, from, n, at);
	return give_up(s, rc);
}

static int spool_write(struct file *f, const void *from, int n, offset at) {
	struct spool *s = (struct spool *)f;
	if (s->gathered == NULL)
		s->gathered = malloc(ROOM);
	if (s->gathered == NULL || n > ROOM)
		return write_through(s, from, n, at);
	if (s->n > 0 && (at != s->at + s->n || n > ROOM - s->n)) {
		int rc = flush(s);
		if (rc != OK)
			return give_up(s, rc);
	}
	if (s->n == 0)
		s->at = at;
	memcpy(s->gathered + s->n, from, n);
	s->n += n;
	if (n == HEAD) {
		static const unsigned char goes_on[4];
		s->commits = memcmp((const unsigned char *)from + 4, goes_on, 4) != 0;
		return OK;
	}
	return s->commits ? give_up(s, flush(s)) : OK;
}

static int spool_sync(struct file *f, int flags) {
	struct spool *s = (struct spool *)f;
	int rc = give_up(s, flush(s));
	return rc != OK ? rc : s->log->methods->sync(s->log, flags);
}

static int spool_read(struct file *f, void *to, int n, offset at) {
	struct spool *s = (struct spool *)f;
	int rc = flush(s);
	return rc != OK ? rc : s->log->methods->read(s->log, to, n, at);
}

static int spool_truncate(struct file *f, offset size) {
	struct spool *s = (struct spool *)f;
	int rc = flush(s);
	return rc != OK ? rc : s->log->methods->truncate(s->log, size);
}

static int spool_size(struct file *f, offset *size) {
	struct spool *s = (struct spool *)f;
	int rc = flush(s);
	return rc != OK ? rc : s->log->methods->size(s->log, size);
}

static int spool_close(struct file *f) {
	struct spool *s = (struct spool *)f;
	int rc = flush(s), closed = s->log->methods->close(s->log);
	free(s->gathered);
	return rc != OK ? rc : closed;
}

static int spool_lock(struct file *f, int how) {
	struct file *log = ((struct spool *)f)->log;
	return log->methods->lock(log, how);
}

static int spool_unlock(struct file *f, int how) {
	struct file *log = ((struct spool *)f)->log;
	return log->methods->unlock(log, how);
}

static int spool_reserved(struct file *f, int *is) {
	struct file *log = ((struct spool *)f)->log;
	return log->methods->reserved(log, is);
}

static int spool_control(struct file *f, int op, void *arg) {
	struct file *log = ((struct spool *)f)->log;
	return log->methods->control(log, op, arg);
}

static int spool_sector(struct file *f) {
	struct file *log = ((struct spool *)f)->log;
	return log->methods->sector(log);
}

static int spool_characteristics(struct file *f) {
	struct file *log = ((struct spool *)f)->log;
	return log->methods->characteristics(log);
}

static const struct methods spooled = {
	1, spool_close, spool_read, spool_write, spool_truncate, spool_sync, spool_size,
	spool_lock, spool_unlock, spool_reserved, spool_control, spool_sector, spool_characteristics,
};

static int spool_open(struct vfs *v, const char *path, struct file *f, int flags, int *out_flags) {
	(void)v;
	if (!(flags & OPEN_WAL))
		return real->open(real, path, f, flags, out_flags);
	struct spool *s = (struct spool *)f;
	memset(s, 0, sizeof *s);
	s->log = (struct file *)(s + 1);
	s->log->methods = NULL;
	int rc = real->open(real, path, s->log, flags, out_flags);
	if (rc == OK)
		s->file.methods = &spooled;
	else if (s->log->methods != NULL)
		s->log->methods->close(s->log);
	return rc;
}

int spool_register(void) {
	static struct vfs spool;
	real = sqlite3_vfs_find(NULL);
	if (real == NULL)
		return 1;
	spool = *real;
	spool.name = SPOOL_NAME;
	spool.file_size += sizeof(struct spool);
	spool.open = spool_open;
	return sqlite3_vfs_register(&spool, 0);
}
