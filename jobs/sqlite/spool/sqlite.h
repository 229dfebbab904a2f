// What SQLite asks of a virtual file system, as https://www.sqlite.org/c3ref/vfs.html
// and https://www.sqlite.org/c3ref/io_methods.html have it. The header of the
// driver's SQLite is out of reach here, and these never change. Its functions are
// weak, since this package is compiled without it; they are there in the end.

typedef long long offset;

struct file {
	const struct methods *methods; // NULL: it is not open
};

struct methods {
	int version;
	int (*close)(struct file *);
	int (*read)(struct file *, void *, int n, offset);
	int (*write)(struct file *, const void *, int n, offset);
	int (*truncate)(struct file *, offset size);
	int (*sync)(struct file *, int flags);
	int (*size)(struct file *, offset *size);
	int (*lock)(struct file *, int);
	int (*unlock)(struct file *, int);
	int (*reserved)(struct file *, int *);
	int (*control)(struct file *, int op, void *arg);
	int (*sector)(struct file *);
	int (*characteristics)(struct file *);
};

struct vfs {
	int version;
	int file_size; // of what open fills in
	int longest_path;
	struct vfs *next;
	const char *name;
	void *data;
	int (*open)(struct vfs *, const char *path, struct file *, int flags, int *out_flags);
	void *others[15]; // which make do without the file
};

enum { OK = 0, OPEN_WAL = 0x80000 };

__attribute__((weak)) struct vfs *sqlite3_vfs_find(const char *name);
__attribute__((weak)) int sqlite3_vfs_register(struct vfs *, int is_default);
