//go:build failpoints

package failpoint

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// wish is what is to happen. It is read once, before anything can fail.
var wish = parse(os.Getenv("CARRYOUT_FAILPOINT"))

// hits counts how often its point was passed.
var hits atomic.Int64

// action is a point, what happens there, and at which hit.
type action struct {
	point, mode string
	hit         int64
}

// parse reads POINT=MODE or POINT=MODE:HIT. It panics at anything else, so that
// no test waits for what cannot happen.
func parse(text string) action {
	if text == "" {
		return action{}
	}
	point, rest, ok := strings.Cut(text, "=")
	mode, count, counted := strings.Cut(rest, ":")
	a := action{point: point, mode: mode, hit: 1}
	if counted {
		var err error
		a.hit, err = strconv.ParseInt(count, 10, 64)
		ok = ok && err == nil
	}
	if !ok || a.hit < 1 || mode != "kill" && mode != "panic" && mode != "error" {
		panic("CARRYOUT_FAILPOINT is " + text)
	}
	return a
}

// At ends the process or panics, if it is to.
func At(point string) { _ = Err(point) }

// Err does the same, or returns an error.
func Err(point string) error {
	if point != wish.point || hits.Add(1) != wish.hit {
		return nil
	}
	switch wish.mode {
	case "panic":
		panic("failpoint " + point)
	case "error":
		return errors.New("failpoint " + point)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		panic(err)
	}
	select {} // until the signal is there
}
