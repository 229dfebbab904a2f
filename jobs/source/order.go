package source

// ComparePaths compares two paths in the order of a [Plan]: part by part, by
// their bytes. So everything in a folder comes right after it, and before what
// has a longer name that begins with that of the folder. It is the order of a
// walk: a disk reads what lies together, and tar sets the time of a folder when
// it has all of it.
func ComparePaths(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		if a[i] == '/' || b[i] != '/' && a[i] < b[i] {
			return -1
		}
		return 1
	}
	return len(a) - len(b)
}
