package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/server"
	"example.org/carryout/jobs/room"
)

// nothing is the environment of tests.
var nothing []string

func TestFlagsMayStandAnywhere(t *testing.T) {
	for line, want := range map[string][]string{
		"":                     {"", ""},
		"docs":                 {"", "", "docs"},
		"docs -o x":            {"x", "", "docs"},
		"-o x docs a -v":       {"x", "true", "docs", "a"},
		"docs -o x a -v b":     {"x", "true", "docs", "a", "b"},
		"docs -- -o x":         {"", "", "docs", "-o", "x"},
		"-- -v":                {"", "", "-v"},
		"-v -- -v -- -o":       {"", "true", "-v", "--", "-o"},
		"docs - -o=-":          {"-", "", "docs", "-"},
		"docs --o x a -v=true": {"x", "true", "docs", "a"},
	} {
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		o := flags.String("o", "", "")
		v := flags.Bool("v", false, "")
		operands, err := parse(flags, strings.Fields(line))
		got := append([]string{*o, ""}, operands...)
		if *v {
			got[1] = "true"
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q and %v, want %q", line, got, err, want)
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAResultThatCannotBeWrittenIsAFailure(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"help"}, {"get", "-h"}} {
		var stderr strings.Builder
		if got := run(t.Context(), args, nil, full{}, &stderr, nothing); got != exitFailed || !strings.Contains(stderr.String(), "writing to standard output") {
			t.Errorf("%v: got status %d and %q, want %d and why", args, got, stderr.String(), exitFailed)
		}
	}
}

func TestAnInterruptionHasAStatusOfItsOwn(t *testing.T) {
	f := newFake()
	defer f.Close()
	for name, id := range map[string]string{"get": "ENDLESS", "watch": "ENDLESS"} {
		ctx, cancel := context.WithCancel(t.Context())
		status := make(chan int)
		go func() {
			status <- run(ctx, []string{name, f.URL + "/jobs/" + string(ids[id])}, nil, io.Discard, io.Discard, nothing)
		}()
		f.waitFor("/jobs/" + string(ids[id]) + "/events")
		cancel()
		if got := <-status; got != exitInterrupted {
			t.Errorf("%s: got status %d, want %d", name, got, exitInterrupted)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := run(ctx, []string{"verify", "-", strings.Repeat("a", 64)}, strings.NewReader("x"), io.Discard, io.Discard, nothing); got != exitInterrupted {
		t.Errorf("verify: got status %d, want %d", got, exitInterrupted)
	}
}

func TestWhatGetAsksFor(t *testing.T) {
	f := newFake()
	defer f.Close()
	for line, want := range map[string]string{
		"docs":                                     `{docs []  [] zip map[]}`,
		"docs a b/c -format tar.gz":                `{docs [a b/c]  [] tar.gz map[]}`,
		"docs -option level=store -option a=b=c":   `{docs []  [] zip map[a:b=c level:store]}`,
		"shop orders":                              `{shop [] orders [] csv map[]}`,
		"shop -columns id,total orders -columns x": `{shop [] orders [id total x] csv map[]}`,
	} {
		args := append([]string{"get", "-server", f.URL, "-o", filepath.Join(t.TempDir(), "x")}, strings.Fields(line)...)
		var stderr strings.Builder
		if got := run(t.Context(), args, nil, io.Discard, &stderr, nothing); got != exitOK {
			t.Fatalf("%s: got status %d and %s", line, got, stderr.String())
		}
		last := f.specs[len(f.specs)-1]
		if got := fmt.Sprint(last); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
}

func TestServeIsToldByFlagsThenEnvironmentThenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "carryout.conf")
	text := "# all of it\naddr 127.0.0.1:3\ndata /from/file\nworkers 3\nsource a=/file\nsource b=/file # two\nallow-host file\ndemo\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sh := shell{environ: []string{"HOME=/", "CARRYOUT_ADDR=127.0.0.1:2", "CARRYOUT_DATA=/from/env", "CARRYOUT_SOURCE=c=/env,\nd=sqlite:/env.db\n",
		"CARRYOUT_RETAIN=1h", "CARRYOUT_CONFIG=" + file, "CARRYOUT_HEARTBEAT=5s", "CARRYOUT_SERVER=x", "CARRYOUT_WORKRES=9", "CARRYOUT_MAXSIZE="}}
	var s settings
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	s.declare(flags)
	operands, err := parse(flags, strings.Fields("-addr 127.0.0.1:1 -heartbeat 3s -throttle 7 -insecure -allow-origin * -allow-origin https://x"))
	if err != nil || len(operands) > 0 {
		t.Fatal(operands, err)
	}
	if err := complete(flags, sh.env); err != nil {
		t.Fatal(err)
	}
	want := server.Config{
		Addr: "127.0.0.1:1", Data: "/from/env", Sources: []string{"c=/env", "d=sqlite:/env.db"}, Workers: 3, Attempts: 5, MinFree: room.Auto, Freeze: 128 << 20, Checkpoint: 2 * time.Second, Retain: time.Hour, Throttle: 7,
		Demo: true, Insecure: true, Heartbeat: 3 * time.Second, MaxStreamsPerAddress: 1000, AllowOrigin: []string{"*", "https://x"}, AllowHost: []string{"file"},
	}
	if !reflect.DeepEqual(s.config, want) || s.log != "text" {
		t.Errorf("got %+v and %q, want %+v and text", s.config, s.log, want)
	}
	if err := s.check(); err != nil {
		t.Errorf("got %v, want that it can be", err)
	}
	if got := unknown(flags, sh.environ); !slices.Equal(got, []string{"CARRYOUT_MAXSIZE", "CARRYOUT_WORKRES"}) {
		t.Errorf("got %q, want the names that are no flags", got)
	}
}

func TestBuilt(t *testing.T) {
	for want, info := range map[string]*debug.BuildInfo{
		"carryout (devel), go": {},
		"carryout v1.2.3, go":  {Main: debug.Module{Version: "v1.2.3"}},
		"carryout (devel), commit 0123456789ab with changes of 2026-11-21T10:00:00Z, go": {Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}, {Key: "vcs.time", Value: "2026-11-21T10:00:00Z"}}},
	} {
		if got := built(info, true); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want it to begin with %q", got, want)
		}
	}
	if got := built(nil, false); !strings.HasPrefix(got, "carryout (devel), go") {
		t.Errorf("got %q, want that nothing is known", got)
	}
}

func TestNamesOfOthersAreMadeSafe(t *testing.T) {
	for in, want := range map[string]string{
		"docs.zip": "docs.zip", "Übersicht 2026.csv": "Übersicht 2026.csv", "../../etc/passwd": "passwd", `a\b\c.zip`: "c.zip",
		".bashrc": "bashrc", "..": "export", "": "export", "a/": "export", "a\x1b[2J\n.zip": "a?[2J?.zip", "-rf": "-rf",
	} {
		if got := safeName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"x.zip": "x.zip", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'"} {
		if got := quoted(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
