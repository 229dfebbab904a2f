package main

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this program as carryout.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"carryout": main})
}

// The scripts in testdata use the command line as people do. $SERVER is a
// server whose jobs end as their names say ([fake]). Beside what testscript
// knows, "status N carryout ..." wants that exit status, and "asked PATH" waits
// until the server has been asked for it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			f := newFake()
			env.Defer(f.Close)
			env.Values[serverKey{}] = f
			env.Setenv("GORACE", "atexit_sleep_ms=0") // or each command takes a second more
			env.Setenv("SERVER", f.URL)
			env.Setenv("CARRYOUT_SERVER", f.URL)
			for name, id := range ids {
				env.Setenv(name, f.URL+"/jobs/"+string(id))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": func(ts *testscript.TestScript, _ bool, args []string) {
				err := ts.Exec(args[1], args[2:]...)
				got := 0
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					got = exit.ExitCode()
				} else {
					ts.Check(err)
				}
				if args[0] != strconv.Itoa(got) {
					ts.Fatalf("got exit status %d, want %s", got, args[0])
				}
			},
			"asked": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Value(serverKey{}).(*fake).waitFor(args[0])
			},
		},
	})
}

// serverKey is where a script has its [fake].
type serverKey struct{}
