package folder

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

const (
	mostPaths = 10_000 // in one selection
	longest   = 4096   // bytes of a selected path; PATH_MAX of Linux
)

// checkSelection says what is wrong with the selection as it is written.
func checkSelection(spec jobs.Spec) error {
	switch {
	case spec.Table != "":
		return &jobs.SpecError{Field: "table", Code: "does_not_fit", Message: "A folder has no tables. Leave this out, or choose a database."}
	case len(spec.Columns) > 0:
		return &jobs.SpecError{Field: "columns", Code: "does_not_fit", Message: "A folder has no columns. Leave this out, or choose a database."}
	case len(spec.Paths) > mostPaths:
		return &jobs.SpecError{Field: "paths", Code: "too_many_paths",
			Message: "These are more paths than one export takes. Choose a folder that holds them."}
	}
	for _, path := range spec.Paths {
		if err := checkPath("paths", path); err != nil {
			return err
		}
	}
	return nil
}

// checkPath says what is wrong with a selected path as it is written.
func checkPath(field, path string) error {
	if len(path) > longest {
		return &jobs.SpecError{Field: field, Code: "path_too_long", Message: "A path is too long. Choose a folder above it."}
	}
	if message := malformed(path); message != "" {
		return &jobs.SpecError{Field: field, Code: "bad_path", Message: message}
	}
	return nil
}

// malformed says what keeps path from being one below the root, if anything.
// Any bytes make a name but NUL and the slash.
func malformed(path string) string {
	switch {
	case path == "":
		return "A path is empty. To take everything, give no path at all."
	case strings.IndexByte(path, 0) >= 0:
		return "A path holds a NUL byte."
	case path[0] == '/':
		return "Paths are below the source and do not begin with a slash."
	}
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "":
			return "The path " + quoted(path) + " has a slash too many."
		case ".", "..":
			return "The path " + quoted(path) + " may not hold “" + part + "” as a part."
		}
	}
	return ""
}

// has returns a *jobs.SpecError unless path is there, no link leads to it, and
// it is something that can be exported.
func (d dir) has(path string) error {
	above, name := split(path)
	at, err := d.down(above)
	if err == nil {
		defer at.close()
		var st unix.Stat_t
		st, err = at.lstat(name)
		if err == nil && !exportable(uint32(st.Mode)) {
			return &jobs.SpecError{Field: "paths", Code: "special_file",
				Message: "The path " + quoted(path) + " is " + special(st.Mode) + ", not a file. Leave it out."}
		}
	}
	if exhausted(err) {
		return err
	}
	return pathError("paths", path, err)
}

// pathError says for people why path could not be reached, or opened as a
// folder.
func pathError(field, path string, err error) error {
	e := &jobs.SpecError{Field: field}
	switch {
	case err == nil:
		return nil
	case err == errLink:
		e.Code, e.Message = "through_link", "The path "+quoted(path)+" leads through a link, and links are not followed."
	case errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM):
		e.Code, e.Message = "unreadable", "The path "+quoted(path)+" may not be read by the server."
	default:
		e.Code, e.Message = "no_such_path", "There is no "+quoted(path)+" in this source."
		if strings.Contains(path, `\`) {
			e.Message += " The parts of a path are separated by /."
		}
	}
	return e
}

// outermost returns paths without those that lie in another of them, and each
// only once, in the order of a plan.
func outermost(paths []string) []string {
	given := make(map[string]bool, len(paths))
	for _, path := range paths {
		given[path] = true
	}
	var out []string
	for path := range given {
		if !below(given, path) {
			out = append(out, path)
		}
	}
	slices.SortFunc(out, source.ComparePaths)
	return out
}

// below reports whether a folder above path is given.
func below(given map[string]bool, path string) bool {
	for i, c := range []byte(path) {
		if c == '/' && given[path[:i]] {
			return true
		}
	}
	return false
}

// split returns the folder above path, "" at the top, and its last part.
func split(path string) (above, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

// quoted is path as it stands in a sentence: valid UTF-8, on one line, not too
// long.
func quoted(path string) string {
	const most = 100
	path = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '�'
		}
		return r
	}, strings.ToValidUTF8(path, "�"))
	if runes := []rune(path); len(runes) > most {
		path = string(runes[:most]) + "…"
	}
	return "“" + path + "”"
}
