package format

import (
	"path"
	"strings"

	"example.org/carryout/jobs/source"
)

// effort says what takes time, as multiples of what it takes to read and write
// a byte as it is.
type effort struct {
	opening float64 // of a file
	packing float64 // of a byte that shrinks
}

// copying is what it takes to read, hash and write a byte, in seconds.
const copying = 2e-9

// isPacked reports whether the file is of a kind that does not shrink.
func isPacked(e source.Entry) bool {
	switch ext(e) {
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

func ext(e source.Entry) string { return strings.ToLower(path.Ext(e.Path)) }
