package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"time"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
)

// remote is the server that a command talks to.
type remote struct {
	sh   shell
	base string
}

// remoteFlag declares the flag that names the server.
func remoteFlag(sh shell, flags *flag.FlagSet) *remote {
	r := &remote{sh: sh}
	flags.StringVar(&r.base, "server", cmp.Or(sh.env("CARRYOUT_SERVER"), "http://127.0.0.1:8080"),
		"address of the server, `URL`; the environment variable CARRYOUT_SERVER sets another default")
	return r
}

// client is a client of the server at base, which says what it waits for.
func (r *remote) client(base string, say func(text string)) *client.Client {
	return &client.Client{Base: base, Retrying: func(err error, wait time.Duration) {
		say(fmt.Sprintf("%s; trying again in %s", printable(trouble(err)), wait.Round(time.Second/10)))
	}}
}

// trouble says what is wrong with a server, or with the way to it.
func trouble(err error) string {
	var network *url.Error
	if errors.As(err, &network) {
		return "no answer from the server: " + err.Error()
	}
	return err.Error()
}

// note says on standard error what happens on the way.
func (r *remote) note(text string) { fmt.Fprintln(r.sh.err, text) }

// job finds the job that an argument names: by its address, or by its id on
// the server of the flag.
func (r *remote) job(arg string) (base string, id jobs.ID, err error) {
	if id := jobs.ID(arg); id.Valid() {
		return r.base, id, nil
	}
	base, id, err = client.ParseJobURL(arg)
	if err != nil {
		return "", "", &usageError{text: err.Error()}
	}
	return base, id, nil
}

// named is an action on the one job that the arguments name.
func (r *remote) named(do func(ctx context.Context, c *client.Client, id jobs.ID) error) action {
	return func(ctx context.Context, args []string) error {
		if err := exactly(1, args, "the address of the export"); err != nil {
			return err
		}
		base, id, err := r.job(args[0])
		if err != nil {
			return err
		}
		return do(ctx, r.client(base, r.note), id)
	}
}
