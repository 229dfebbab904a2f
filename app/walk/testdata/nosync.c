// Loaded before the C library: while the file that NOSYNC names is there, syncs
// of what C writes, thus of the database, fail for want of room.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int real(const char *name, int fd) {
	const char *full = getenv("NOSYNC");
	if (full != NULL && access(full, F_OK) == 0) {
		errno = ENOSPC;
		return -1;
	}
	int (*sync)(int);
	*(void **)&sync = dlsym(RTLD_NEXT, name);
	return sync(fd);
}

int fsync(int fd) { return real("fsync", fd); }
int fdatasync(int fd) { return real("fdatasync", fd); }
