// Package static holds what the pages load: the style sheet, the icon, the
// loader and the client.
//
// The style sheet, the icon and the loader are embedded from their sources. The
// client, Go's wasm_exec.js, and everything once more in compressed form are
// made by static/pack into dist and embedded from there. A fresh clone has an
// empty dist: its pages are whole, but nothing is compressed and no client runs.
//
// Every file is served under a name with a hash of its content ([Name]), so its
// answers may be kept for good (RFC 8246, https://www.rfc-editor.org/rfc/rfc8246),
// and a compressed form goes only with the very content it was made from.
//
// Which form a browser gets follows RFC 9110, section 12.5.3
// (https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3). Names that are not
// there are 404.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"
)

// Prefix is where the files are served.
const Prefix = "/static/"

//go:embed app.css icon.svg loader.js all:dist
var embedded embed.FS

// files is all there is, as it was embedded.
var files = read(embedded)

// file is one file in all its forms.
type file struct {
	name  string // with its hash
	media string
	forms []form // smallest first; the last is the file as it is
}

// form is a file in one content coding.
type form struct {
	coding string // "br", "gzip", or "identity"
	etag   string
	body   []byte
}

// codings are those that files are compressed with, smallest first, and how
// the names of such files end.
var codings = []struct{ name, ext string }{{"br", ".br"}, {"gzip", ".gz"}}

// Name is name with a hash of body before its extension: "app.css" becomes
// "app.9c56cc51b374c3ba.css".
func Name(name string, body []byte) string {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:8]) + ext
}

// URL is the address of the file of that name, or "" if there is none, such as
// "browser.wasm" where the client has not been built.
func URL(name string) string {
	f, ok := files[name]
	if !ok {
		return ""
	}
	return Prefix + f.name
}

// read takes in every file: what has a source from there, and the rest from
// dist, where names have their hash already.
func read(fsys fs.FS) map[string]file {
	all := make(map[string]file)
	for _, name := range names(fsys, "dist") {
		all[plain(name)] = load(fsys, "dist/"+name, name)
	}
	for _, name := range names(fsys, ".") {
		body := mustRead(fsys, name)
		all[name] = load(fsys, name, Name(name, body))
	}
	return all
}

// names lists the files of dir that are not compressed forms of others.
func names(fsys fs.FS, dir string) (out []string) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		panic("static: " + err.Error()) // it is embedded
	}
	for _, e := range entries {
		switch path.Ext(e.Name()) {
		case ".br", ".gz", ".gitkeep":
		default:
			if !e.IsDir() {
				out = append(out, e.Name())
			}
		}
	}
	return out
}

// load reads the file at source, and the compressed forms of just this content.
func load(fsys fs.FS, source, hashed string) file {
	f := file{name: hashed, media: mediaType(hashed)}
	for _, c := range codings {
		if body, err := fs.ReadFile(fsys, "dist/"+hashed+c.ext); err == nil {
			f.forms = append(f.forms, form{c.name, `"` + hashed + "-" + c.name + `"`, body})
		}
	}
	f.forms = append(f.forms, form{identity, `"` + hashed + `"`, mustRead(fsys, source)})
	return f
}

func mustRead(fsys fs.FS, name string) []byte {
	body, err := fs.ReadFile(fsys, name)
	if err != nil {
		panic("static: " + err.Error()) // it is embedded
	}
	return body
}

// plain is a name without its hash.
func plain(hashed string) string {
	ext := path.Ext(hashed)
	base := strings.TrimSuffix(hashed, ext)
	return strings.TrimSuffix(base, path.Ext(base)) + ext
}

// mediaType does not ask the machine's own tables, which differ.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".wasm":
		return "application/wasm"
	}
	return "application/octet-stream"
}
