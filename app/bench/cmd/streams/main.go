// Command streams prints what it costs to keep many followers told, beside
// other servers of Server-Sent Events. It takes about five minutes.
//
// Each contender runs as a process of its own on one core, one at a time; what
// loads and measures it runs on another. A follower is a socket, whose stream is
// parsed to the last event, so that gaps and doubles are counted and not assumed
// away. An event is about 140 bytes. CPU time is what the system has counted for
// the contender's process, the cost of taking what is published included.
//
// Ours keeps each event on the disk before it tells it; the others keep theirs
// in memory, without history, which is the fastest that they have. It is measured
// twice: with the connections in its own hands, as over plain HTTP/1.1, and in
// those of net/http, as over TLS and HTTP/2 (but without the encryption).
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	serve := flag.String("serve", "", "be the contender of that `NAME` (used by this program itself)")
	only := flag.String("only", "", "measure these `NAMES` only, with commas between them")
	trial := flag.String("trial", "", "do trials only whose names have this `TEXT` in them")
	rounds := flag.Int("rounds", 1, "how often each is measured, in turn")
	last := flag.Duration("time", 4*time.Second, "how long events are told in each round")
	crowds := flag.Bool("10k", true, "measure with 10,000 followers too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *serve != "" {
		if err := be(ctx, *serve); err != nil {
			log.Fatal(err)
		}
		return
	}
	stayOn(clientCore)
	raiseFileLimit()
	b := &bench{rounds: *rounds, last: *last, contenders: present(split(*only)), trial: *trial}
	if err := b.run(ctx, *crowds); err != nil {
		log.Fatal(err)
	}
}

func split(names string) []string {
	return strings.FieldsFunc(names, func(r rune) bool { return r == ',' })
}

// The cores on which contenders and followers run.
const (
	serverCore = "0"
	clientCore = "1"
)

// stayOn runs this program anew, bound to one core.
func stayOn(core string) {
	const mark = "STREAMS_BOUND"
	taskset, err := exec.LookPath("taskset")
	if err != nil || os.Getenv(mark) != "" || runtime.NumCPU() < 2 {
		return
	}
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	args := slices.Concat([]string{"taskset", "-c", core, self}, os.Args[1:])
	log.Fatal(syscall.Exec(taskset, args, append(os.Environ(), mark+"=1")))
}

// raiseFileLimit allows as many open sockets as the system lets us have.
func raiseFileLimit() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
		l.Cur = l.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) // a low limit shows as failed connections
	}
}
