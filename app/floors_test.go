// Package app_test checks that the house stands: what imports what, and that
// the browser's client stays light.
package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "example.org/carryout/"

// floors lists the packages of this module from the ground up. A package may
// import only what stands on a floor below its own. An adapter stands above the
// package with its interface, wherever that leaves it.
var floors = [][]string{
	{"jobs", "jobs/failpoint", "jobs/artifact/twice", "views/human", "static"},
	{"jobs/store", "jobs/steady", "jobs/lend", "jobs/wire", "jobs/parsed", "jobs/meter", "jobs/source", "jobs/artifact", "jobs/format/deflate", "jobs/sqlite/spool", "jobs/sqlite/bulk", "views/words", "jobs/room"},
	{"jobs/room/roomtest", "jobs/source/lately", "jobs/source/frozen", "jobs/source/sourcetest", "jobs/artifact/artifacttest", "jobs/tail", "jobs/format", "views"},
	{"jobs/source/folder", "jobs/source/sqlite", "jobs/artifact/dir"},
	{"jobs/work", "jobs/feed", "jobs/sqlite", "jobs/storetest"},
	{"jobs/export", "jobs/reuse", "app/carrier", "app/metrics"},
	{"app/web", "app/client", "app/demo"},
	{"app/server"},
	{"app/cmd/carryout", "app/cmd/browser", "static/pack"},
}

// tests lists packages that only test. They import what they like, and nobody
// imports them.
var tests = []string{"app", "app/walk"}

// light lists all of this module that the browser's client may carry.
var light = []string{"jobs", "jobs/parsed", "views/human", "views/words", "app/cmd/browser"}

// heavy lists standard packages of which each makes the client too large.
var heavy = []string{
	"bytes", "context", "encoding/json", "fmt", "io", "log/slog", "net/http", "net/url", "reflect", "sort", "strings",
}

func TestImportsGoDownOnly(t *testing.T) {
	floor := make(map[string]int)
	for n, names := range floors {
		for _, name := range names {
			floor[module+name] = n
		}
	}
	for _, p := range everything(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		here, stands := floor[p.ImportPath]
		switch {
		case slices.Contains(tests, name):
			continue
		case !stands:
			t.Errorf("%s stands on no floor", name)
			continue
		}
		for _, imported := range p.Imports {
			below, ours := floor[imported]
			switch {
			case ours && below >= here:
				t.Errorf("%s (floor %d) imports %s (floor %d)", name, here, strings.TrimPrefix(imported, module), below)
			case !ours && strings.HasPrefix(imported, module):
				t.Errorf("%s imports %s, which stands on no floor", name, strings.TrimPrefix(imported, module))
			}
		}
	}
}

// Tests see the whole house but for its roof, so that a test of a package
// cannot need the server that is made of it.
func TestTestsStayBelowTheServer(t *testing.T) {
	roof := slices.Concat(floors[len(floors)-2:]...)
	for _, p := range everything(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if slices.Contains(tests, name) || slices.Contains(roof, name) {
			continue
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if above, ours := strings.CutPrefix(imported, module); ours && slices.Contains(roof, above) {
				t.Errorf("a test of %s imports %s", name, above)
			}
		}
	}
}

// Every floor that is listed is there, so that the list does not grow old.
func TestNoFloorIsEmpty(t *testing.T) {
	there := make(map[string]bool)
	for _, p := range everything(t) {
		there[strings.TrimPrefix(p.ImportPath, module)] = true
	}
	for _, name := range slices.Concat(floors...) {
		if !there[name] {
			t.Errorf("%s has a floor and does not exist", name)
		}
	}
}

func TestBrowserStaysLight(t *testing.T) {
	for _, p := range list(t, browser, "-deps", "./cmd/browser") {
		name, ours := strings.CutPrefix(p.ImportPath, module)
		switch {
		case ours && !slices.Contains(light, name):
			t.Errorf("the browser's client carries %s", name)
		case slices.Contains(heavy, p.ImportPath):
			t.Errorf("the browser's client carries %s", p.ImportPath)
		case !p.Standard && !ours:
			t.Errorf("the browser's client carries the module of %s", p.ImportPath)
		}
	}
}

// browser is the environment of a build for the browser.
var browser = []string{"GOOS=js", "GOARCH=wasm"}

type listed struct {
	ImportPath   string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// everything lists the packages of this machine and of the browser.
func everything(t *testing.T) []listed {
	t.Helper()
	return append(list(t, nil, "-tags=long", module+"..."), list(t, browser, "./cmd/browser")...)
}

func list(t *testing.T, env []string, args ...string) (out []listed) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Standard,Imports,TestImports,XTestImports"}, args...)...)
	cmd.Env = append(cmd.Environ(), env...)
	b, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		t.Fatalf("go list: %v\n%s", err, failed.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(b))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
}
