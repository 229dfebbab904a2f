#include <string.h>

#include "bulk.h"

// What is used of https://www.sqlite.org/c3ref/funclist.html. The header of the
// driver's SQLite is out of reach here, and these never change. They are weak,
// since this package is compiled without it; they are there in the end.
#define WEAK __attribute__((weak))

typedef struct sqlite3_context sqlite3_context;
typedef struct sqlite3_value sqlite3_value;

WEAK int sqlite3_auto_extension(void (*entry)(void));
WEAK int sqlite3_create_function(sqlite3 *, const char *name, int args, int flags, void *data,
	void (*f)(sqlite3_context *, int, sqlite3_value **), void (*step)(sqlite3_context *, int, sqlite3_value **), void (*final)(sqlite3_context *));
WEAK sqlite3 *sqlite3_context_db_handle(sqlite3_context *);
WEAK void sqlite3_result_int64(sqlite3_context *, int64_t);
WEAK int sqlite3_prepare_v3(sqlite3 *, const char *sql, int n, unsigned flags, sqlite3_stmt **, const char **tail);
WEAK int sqlite3_bind_parameter_count(sqlite3_stmt *);
WEAK int sqlite3_bind_null(sqlite3_stmt *, int);
WEAK int sqlite3_bind_int64(sqlite3_stmt *, int, int64_t);
WEAK int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int n, void (*end)(void *));
WEAK int sqlite3_bind_blob(sqlite3_stmt *, int, const void *, int n, void (*end)(void *));
WEAK int sqlite3_clear_bindings(sqlite3_stmt *);
WEAK int sqlite3_step(sqlite3_stmt *);
WEAK int sqlite3_reset(sqlite3_stmt *);
WEAK int sqlite3_finalize(sqlite3_stmt *);
WEAK int64_t sqlite3_column_int64(sqlite3_stmt *, int);
WEAK int sqlite3_get_autocommit(sqlite3 *);
WEAK int sqlite3_errcode(sqlite3 *);
WEAK int sqlite3_extended_errcode(sqlite3 *);
WEAK int sqlite3_system_errno(sqlite3 *);
WEAK const char *sqlite3_errmsg(sqlite3 *);

enum { OK = 0, MISUSE = 21, ROW = 100 };
enum { UTF8 = 1, DIRECTONLY = 0x80000, PERSISTENT = 1 };

static void tell_handle(sqlite3_context *c, int n, sqlite3_value **values) {
	(void)n, (void)values;
	sqlite3_result_int64(c, (int64_t)(intptr_t)sqlite3_context_db_handle(c));
}

// opened is called for each new connection. No view and no trigger of a foreign
// database may ask it for an address.
static int opened(sqlite3 *db, char **error, const void *api) {
	(void)error, (void)api;
	return sqlite3_create_function(db, "bulk_handle", 0, UTF8 | DIRECTONLY, NULL, tell_handle, NULL, NULL);
}

int bulk_register(void) { return sqlite3_auto_extension((void (*)(void))opened); }

sqlite3_stmt *bulk_prepare(uintptr_t db, const char *sql, int n) {
	sqlite3_stmt *s = NULL;
	sqlite3_prepare_v3((sqlite3 *)db, sql, n, PERSISTENT, &s, NULL);
	return s;
}

// bind gives s its next value, and moves *data behind it. The value stays where
// it is.
static int bind(sqlite3_stmt *s, int i, const unsigned char **data, const unsigned char *end) {
	const unsigned char *p = *data;
	int64_t n; // the value, or how long it is
	if (p == end)
		return MISUSE;
	char kind = *p++;
	if (kind == 'n') {
		*data = p;
		return sqlite3_bind_null(s, i);
	}
	if (end - p < (int)sizeof n)
		return MISUSE;
	memcpy(&n, p, sizeof n);
	p += sizeof n;
	if (kind == 'i') {
		*data = p;
		return sqlite3_bind_int64(s, i, n);
	}
	if (n < 0 || n > end - p || n > INT32_MAX)
		return MISUSE;
	*data = p + n;
	if (kind == 't')
		return sqlite3_bind_text(s, i, (const char *)p, (int)n, NULL);
	return sqlite3_bind_blob(s, i, p, (int)n, NULL);
}

int bulk_exec(sqlite3_stmt *s, const unsigned char *data, int64_t n, int64_t rows) {
	const unsigned char *end = data + n;
	int values = sqlite3_bind_parameter_count(s), rc = OK;
	for (; rows > 0 && rc == OK; rows--) {
		for (int i = 1; i <= values && rc == OK; i++)
			rc = bind(s, i, &data, end);
		if (rc != OK)
			break;
		do
			rc = sqlite3_step(s);
		while (rc == ROW);
		rc = sqlite3_reset(s); // 0, or the error of the step
	}
	if (rc == OK && data != end)
		rc = MISUSE;
	if (values > 0)
		sqlite3_clear_bindings(s); // which point to data
	return rc;
}

int bulk_number(sqlite3_stmt *s, int64_t *number, int *there) {
	*there = sqlite3_step(s) == ROW;
	*number = *there ? sqlite3_column_int64(s, 0) : 0;
	return sqlite3_reset(s);
}

int bulk_finalize(sqlite3_stmt *s) { return sqlite3_finalize(s); }

int bulk_in_transaction(uintptr_t db) { return !sqlite3_get_autocommit((sqlite3 *)db); }

struct trouble bulk_trouble(uintptr_t handle) {
	sqlite3 *db = (sqlite3 *)handle;
	struct trouble t = {sqlite3_errcode(db), sqlite3_extended_errcode(db), sqlite3_system_errno(db), sqlite3_errmsg(db)};
	return t;
}
