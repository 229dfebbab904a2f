package format

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/carryout/jobs"
)

// longestFileName is how many bytes a download's name has at most, so that it
// fits on every disk with room for a browser's " (1)".
const longestFileName = 120

// FileName returns what the download of a spec is to be called, after its
// Subject. It is never empty, has no character that a file system objects to, and ends
// with the format's Ext.
func FileName(spec jobs.Spec, f Format) string {
	name := safe(spec.Subject())
	if isDevice(name) || strings.HasPrefix(name, "-") {
		name = "_" + name
	}
	if name = shorten(name, longestFileName-len(f.Ext)); name == "" {
		name = "export"
	}
	return name + f.Ext
}

// safe replaces what a file system or a terminal could take for something else.
func safe(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	return strings.Trim(name, ". ")
}

// shorten cuts name between two characters.
func shorten(name string, n int) string {
	for len(name) > n {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return strings.TrimRight(name, ". ")
}

// isDevice reports whether Windows takes name for a device
// (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
func isDevice(name string) bool {
	name, _, _ = strings.Cut(name, ".")
	name = strings.TrimRight(name, " ")
	if len(name) > len("CONOUT$") {
		return false
	}
	name = strings.ToUpper(name)
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, isPort := strings.CutPrefix(name, "COM")
	if !isPort {
		port, isPort = strings.CutPrefix(name, "LPT")
	}
	switch port {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
		return isPort
	}
	return false
}
