package format

import (
	"path"
	"strings"

	"example.org/carryout/jobs/source"
)

// effort says what the bytes of an archive take, so that progress can be
// proportional to time. What is read and written as it is costs 1 a byte.
type effort struct {
	opening float64 // of a file
	packing float64 // of a byte that shrinks
}

// extra returns what packing n bytes of e takes more than copying them. It has
// only the name to judge by.
func (f effort) extra(e source.Entry, n int64) float64 {
	if !e.Mode.IsRegular() || isPacked(e.Path) {
		return 0
	}
	return (f.packing - 1) * float64(n)
}

// isPacked reports whether the file is of a kind that does not shrink.
func isPacked(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".heif", ".avif", ".jxl",
		".mp4", ".m4v", ".mkv", ".mov", ".avi", ".webm", ".mpg", ".mpeg", ".wmv",
		".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".flac", ".wma",
		".zip", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".lz4", ".br", ".7z", ".rar", ".jar", ".apk",
		".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".woff", ".woff2",
		".deb", ".rpm", ".dmg", ".parquet":
		return true
	}
	return false
}
