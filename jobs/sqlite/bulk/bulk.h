#include <stdint.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

// bulk_register gives every connection that is opened from now on the function
// by which it tells its handle. It returns 0, or a code of SQLite.
int bulk_register(void);

// bulk_prepare returns the prepared form of n bytes of SQL; NULL: it failed.
sqlite3_stmt *bulk_prepare(uintptr_t db, const char *sql, int n);

// bulk_exec executes s for so many rows, whose values stand in n bytes of data.
int bulk_exec(sqlite3_stmt *s, const unsigned char *data, int64_t n, int64_t rows);

// bulk_number executes s and reads the first number of the first row, if there
// is one.
int bulk_number(sqlite3_stmt *s, int64_t *number, int *there);

// bulk_finalize ends s.
int bulk_finalize(sqlite3_stmt *s);

// bulk_in_transaction reports whether db is in a transaction that was begun.
int bulk_in_transaction(uintptr_t db);

// What the last call on db has failed by.
struct trouble {
	int code, extended, system;
	const char *message; // good until the next call
};
struct trouble bulk_trouble(uintptr_t db);
