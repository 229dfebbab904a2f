#define SPOOL_NAME "spool"

// spool_register makes the virtual file system known to SQLite. It returns 0, or
// a code of SQLite. It is called once.
int spool_register(void);
