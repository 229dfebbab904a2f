package format

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"example.org/carryout/jobs/source"
)

// names say what the entries of a plan are called in an archive. They depend
// on the plan and the rules alone.
type names struct {
	rules   rules
	changed map[string]string // from a path to what its last part became
	changes []change          // the same, to be told, and targets of links
}

// nameAll finds names for all entries, which are sorted by their paths. Where
// two may not stand beside each other, the first one keeps its name.
func nameAll(ctx context.Context, p source.Plan, r rules) names {
	n := namer{names: names{rules: r, changed: map[string]string{}}}
	n.enter("")
	for _, e := range p.Each(ctx) {
		n.add(e.Path)
	}
	for _, e := range p.Each(ctx) {
		if there, escaped := n.target(e.Path, e.Target); escaped {
			n.changes = append(n.changes, change{e.Path, notTarget, there})
		}
	}
	return n.names
}

// name returns what path is called.
func (n names) name(path string) string {
	if len(n.changed) == 0 {
		return path
	}
	return n.each(path, func(above, part string) string {
		if name, ok := n.changed[above]; ok {
			return name
		}
		return part
	})
}

// target returns where the link at path leads in the archive: to what is called
// otherwise by its name there, and else where it says. escaped tells that the
// archive cannot say that as it is.
func (n names) target(link, target string) (there string, escaped bool) {
	text := n.rules.with(false)
	if len(n.changed) == 0 && text.fits(target) {
		return target, false
	}
	at, _ := path.Split(link)
	inside := !strings.HasPrefix(target, "/")
	there = n.each(target, func(_, part string) string {
		switch part {
		case "", ".":
			return part
		case "..":
			inside = inside && at != ""
			at, _ = path.Split(strings.TrimSuffix(at, "/"))
			return part
		}
		name, ok := n.changed[at+part]
		at += part + "/"
		if ok && inside {
			return name
		}
		if text.fits(part) {
			return part
		}
		escaped = true
		return text.part(part, false)
	})
	return there, escaped
}

// each returns path with each part replaced by what f returns for it. above is
// the path up to it and with it.
func (n names) each(path string, f func(above, part string) string) string {
	b := make([]byte, 0, len(path)+16)
	for start, i := 0, 0; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		b = append(b, f(path[:i], path[start:i])...)
		if i < len(path) {
			b = append(b, '/')
		}
		start = i + 1
	}
	return string(b)
}

// A namer finds names.
type namer struct {
	names
	folders []namedFolder // the way down to what is named, the root first
}

// A namedFolder is a folder some of whose parts are named.
type namedFolder struct {
	prefix string            // path, with its slash
	taken  map[string]string // from a folded name to the part that has it; only for portable names
}

// add names every part of path that has no name yet.
func (n *namer) add(path string) {
	for !strings.HasPrefix(path, n.in().prefix) {
		n.folders = n.folders[:len(n.folders)-1]
	}
	for {
		at := len(n.in().prefix)
		part, _, deeper := strings.Cut(path[at:], "/")
		n.give(path[:at+len(part)], part)
		if !deeper {
			return
		}
		n.enter(path[:at+len(part)+1])
	}
}

func (n *namer) enter(prefix string) {
	f := namedFolder{prefix: prefix}
	if n.rules.portable {
		f.taken = map[string]string{}
	}
	n.folders = append(n.folders, f)
}

func (n *namer) in() namedFolder { return n.folders[len(n.folders)-1] }

// give gives the last part of path its name.
func (n *namer) give(path, part string) {
	if _, named := n.changed[path]; named {
		return
	}
	name, reason := n.rules.part(part, len(part) == len(path)), notTaken
	if name != part && !utf8.ValidString(part) {
		reason = notText
	}
	if n.rules.portable {
		if len(name) > longestPart {
			name, reason = distinguish(name, part, 0), notShort
		}
		taken := n.in().taken
		key := fold(name)
		has, ok := taken[key]
		if ok && has == part {
			return
		}
		for i := 1; has != ""; i++ {
			name, reason = distinguish(name, part, i), notUnique
			key = fold(name)
			has = taken[key]
		}
		taken[key] = part
	}
	if name != part {
		n.changed[path] = name
		n.changes = append(n.changes, change{path, reason, name})
	}
}

// fold returns what is equal for names that some system takes for the same:
// without regard to case, and to whether an accent is a character of its own
// (Unicode, D145).
func fold(name string) string {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return norm.NFD.String(cases.Fold().String(norm.NFD.String(name)))
		}
	}
	return strings.ToLower(name)
}

// distinguish returns name, cut to longestPart, with an ending that only part
// has. It is for the try of that number.
func distinguish(name, part string, try int) string {
	h := sha256.Sum256([]byte(part + strings.Repeat("\x00", try)))
	ending := "~" + hex.EncodeToString(h[:4])
	ext := path.Ext(name)
	if len(ext) == len(name) || len(ext) > 16 {
		ext = ""
	}
	return shorten(name[:len(name)-len(ext)], longestPart-len(ending)-len(ext)) + ending + ext
}
