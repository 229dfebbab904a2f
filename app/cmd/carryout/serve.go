package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3"

	"example.org/carryout/app/server"
	"example.org/carryout/jobs/room"
)

// garbage is how much of it may lie about, in percent of what is in use. Most of
// that are buffers and plans of jobs, which are long-lived and looked through
// quickly; collecting it sooner costs little and keeps the server small.
const garbage = 40

func serve() command {
	return command{
		name: "serve", args: "[flags]", short: "run the server",
		long: `
Serve runs the server until it is told to stop (SIGINT, SIGTERM). It prints one
line on standard output once it accepts connections; its log goes to standard
error.

  carryout serve -demo
  carryout serve -data /srv/carryout -source docs=/srv/docs -source shop=sqlite:/srv/shop.db

Every flag can come from the environment too: -addr from CARRYOUT_ADDR,
-allow-host from CARRYOUT_ALLOW_HOST. Where a flag may be repeated, commas or
line breaks stand between the values. And every flag can come from the file of
-config, in which a line is the name of a flag, a space, and its value; a line
that begins with # is a comment:

  # /etc/carryout.conf
  addr 127.0.0.1:8080
  source docs=/srv/docs
  source shop=sqlite:/srv/shop.db

Flags win over the environment, and the environment over the file.`,
		setup: func(sh shell, flags *flag.FlagSet) action {
			s := settings{}
			s.declare(flags)
			return func(ctx context.Context, args []string) error {
				if err := exactly(0, args, ""); err != nil {
					return err
				}
				if err := complete(flags, sh.env); err != nil {
					return &usageError{text: err.Error()}
				}
				if err := s.check(); err != nil {
					return &usageError{text: err.Error()}
				}
				s.config.Log = logger(sh.err, s.log)
				for _, name := range unknown(flags, sh.environ) {
					s.config.Log.Warn("no flag takes this environment variable, so it changes nothing", "name", name)
				}
				s.config.Version = release(debug.ReadBuildInfo())
				s.config.Ready = func(addr string) { fmt.Fprintf(sh.out, "listening on %s://%s\n", s.scheme(), addr) }
				if sh.env("GOGC") == "" {
					debug.SetGCPercent(garbage)
				}
				return server.Run(ctx, s.config)
			}
		},
	}
}

// settings are what the flags of serve say.
type settings struct {
	config server.Config
	log    string
}

func (s *settings) declare(flags *flag.FlagSet) {
	c := &s.config
	flags.StringVar(&c.Addr, "addr", "127.0.0.1:8080", "address to listen on, `HOST:PORT`; port 0 picks a free one")
	flags.BoolVar(&c.Insecure, "insecure", false, "listen where other machines can reach the server, although it has no sign-in")
	flags.Var((*several)(&c.AllowHost), "allow-host", "`NAME` under which the server may be asked, beside addresses and localhost; may be repeated")
	flags.Var((*several)(&c.AllowOrigin), "allow-origin", "other `ORIGIN` whose pages may read, such as https://app.example.com; \"*\": all; may be repeated")
	flags.Var((*header)(&c.OwnerHeader), "owner-header", "`NAME` of the request header in which the proxy in front, which signs people in, says who asks; it must set that header itself, whatever came")
	c.Heartbeat = 15 * time.Second
	flags.Var((*span)(&c.Heartbeat), "heartbeat", "`TIME` of silence after which a stream shows that it lives")
	flags.IntVar(&c.MaxStreams, "max-streams", 0, "`N` streams that may be open; 0: what three quarters of the open files allow")
	flags.IntVar(&c.MaxStreamsPerAddress, "max-streams-per-address", 1000, "`N` streams that one address may have open, except those of this machine; 0: any number")
	flags.BoolVar(&c.TrustProxy, "trust-proxy", false, "the last entry of X-Forwarded-For is the address that asks; only behind a proxy that adds it")
	flags.StringVar(&c.TLSCert, "tls-cert", "", "`FILE` with the certificate (PEM), for HTTPS with HTTP/2")
	flags.StringVar(&c.TLSKey, "tls-key", "", "`FILE` with the key of the certificate (PEM)")
	flags.BoolVar(&c.H2C, "h2c", false, "take HTTP/2 without TLS too, for a proxy that speaks it")

	flags.StringVar(&c.Data, "data", "carryout-data", "`DIR` for the jobs and their files")
	flags.Var((*several)(&c.Sources), "source", "what can be exported, `NAME=LOCATION`: a folder, or sqlite:FILE; may be repeated")
	flags.BoolVar(&c.Demo, "demo", false, "write demo data and serve it too")
	flags.IntVar(&c.Workers, "workers", 0, "`N` exports at a time; 0: one for each processor, and at least 2")
	flags.IntVar(&c.Attempts, "attempts", 5, "`N` starts of an export that takes the server down each time, before it fails")
	flags.IntVar(&c.Limits.Queued, "max-queued", 0, "`N` exports of one owner that may wait, after which requests are refused for now; 0: as many as come")
	flags.IntVar(&c.Limits.Running, "max-running", 0, "`N` exports of one owner that run at a time, while those of others go first; 0: as many as there are workers")
	c.Checkpoint = 2 * time.Second
	flags.Var((*span)(&c.Checkpoint), "checkpoint", "`TIME` of work after which an export keeps a place to go on from")
	c.Freeze = 128 << 20
	flags.Var((*size)(&c.Freeze), "freeze", "`SIZE` of a table from which on it is copied before it is exported, to go on after a crash even if it has changed; 0: never")
	flags.BoolVar(&c.Reuse, "reuse", false, "answer a request that equals an earlier one with the file of that one, if its source has not changed since")
	c.Retain = 72 * time.Hour
	flags.Var((*span)(&c.Retain), "retain", "`TIME` for which files are kept; 0: until they are deleted")
	flags.Var((*span)(&c.Forget), "forget", "`TIME` after which an export that has failed, was canceled or has expired is removed with its history, such as 2160h; 0: never")
	flags.Var((*size)(&c.MaxSize), "max-size", "`SIZE` that the file of one export may have, such as 20GiB; larger ones fail; 0: any")
	flags.Var((*size)(&c.MaxSpace), "max-space", "`SIZE` that all files may take up; those that were downloaded longest ago go first, and no other before its time; with more, requests are refused for now and exports wait, all but the oldest, so keep room for one more file (-max-size); 0: any")
	c.MinFree = room.Auto
	flags.Var((*minFree)(&c.MinFree), "min-free", "`SIZE` that is to stay free on the disks of the files and of the database, such as 1GiB; with less, requests are refused for now and exports wait; auto: 256MiB, or a hundredth of a disk below 25 GiB")
	flags.Var((*size)(&c.Throttle), "throttle", "`SIZE` that one export may read each second, such as 50MiB; 0: as fast as it can")

	flags.StringVar(&s.log, "log", "text", "form of the log, `text|json`")
	flags.String("config", "", "`FILE` with more flags")
}

// scheme is how the addresses of the server begin.
func (s *settings) scheme() string {
	if s.config.TLSCert != "" {
		return "https"
	}
	return "http"
}

// check finds what no flag finds by itself.
func (s *settings) check() error {
	for _, source := range s.config.Sources {
		if name, location, ok := strings.Cut(source, "="); !ok || name == "" || location == "" {
			return fmt.Errorf("the source %q is not of the form NAME=LOCATION", source)
		}
	}
	switch {
	case s.log != "text" && s.log != "json":
		return fmt.Errorf("a log is text or json, not %q", s.log)
	case s.config.Workers < 0, s.config.Throttle < 0, s.config.Retain < 0, s.config.Forget < 0, s.config.Freeze < 0:
		return errors.New("-workers, -throttle, -retain, -forget and -freeze cannot be below 0")
	case s.config.Limits.Queued < 0, s.config.Limits.Running < 0, s.config.MaxSize < 0, s.config.MaxSpace < 0:
		return errors.New("-max-queued, -max-running, -max-size and -max-space cannot be below 0")
	case s.config.MaxStreams < 0, s.config.MaxStreamsPerAddress < 0:
		return errors.New("-max-streams and -max-streams-per-address cannot be below 0")
	case (s.config.TLSCert == "") != (s.config.TLSKey == ""):
		return errors.New("-tls-cert and -tls-key go together")
	case s.config.Checkpoint <= 0:
		return errors.New("-checkpoint must be above 0")
	case s.config.Attempts < 1:
		return errors.New("-attempts must be at least 1")
	case s.config.Heartbeat <= 0:
		return errors.New("-heartbeat must be above 0")
	}
	return nil
}

func logger(w io.Writer, form string) *slog.Logger {
	if form == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// several is the value of a flag that may be repeated.
type several []string

// String implements [flag.Value].
func (s *several) String() string { return strings.Join(*s, ",") }

// Set implements [flag.Value].
func (s *several) Set(value string) error {
	*s = append(*s, value)
	return nil
}

// span is the value of a flag that is a length of time.
type span time.Duration

// String implements [flag.Value].
func (s *span) String() string {
	text := time.Duration(*s).String()
	for _, none := range []string{"m0s", "h0m"} { // 72h0m0s is 72h
		if before, ok := strings.CutSuffix(text, none); ok {
			text = before + none[:1]
		}
	}
	return text
}

// Set implements [flag.Value].
func (s *span) Set(value string) error {
	d, err := time.ParseDuration(value)
	if err != nil {
		return errors.New("a time is a number with a unit, such as 5s, 30m or 72h")
	}
	*s = span(d)
	return nil
}

// complete sets the flags that the command line has not set: from the
// environment, then from the file that the flag config names.
func complete(flags *flag.FlagSet, env func(string) string) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var errs []error
	flags.VisitAll(func(f *flag.Flag) {
		name := variable(f)
		if given[f.Name] || env(name) == "" {
			return
		}
		for _, value := range values(f, env(name)) {
			if err := flags.Set(f.Name, value); err != nil {
				errs = append(errs, fmt.Errorf("invalid value %q for the environment variable %s: %w", value, name, err))
			}
		}
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return ff.Parse(flags, nil, ff.WithConfigFileFlag("config"), ff.WithConfigFileParser(readConfig))
}

// prefix begins the names of all environment variables of this program.
const prefix = "CARRYOUT_"

// variable is the name of the environment variable for a flag.
func variable(f *flag.Flag) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// elsewhere lists variables that are no flags of serve: of other commands, and of
// tests.
var elsewhere = []string{"CARRYOUT_SERVER", "CARRYOUT_TEST_ALL"}

// unknown returns the names of variables that look as if they were for a flag,
// and are for none: nobody notices a misspelled one otherwise.
func unknown(flags *flag.FlagSet, environ []string) (names []string) {
	known := slices.Clone(elsewhere)
	flags.VisitAll(func(f *flag.Flag) { known = append(known, variable(f)) })
	for _, v := range environ {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, prefix) && !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// values are those in a variable for a flag, which are several only where the
// flag may be repeated.
func values(f *flag.Flag, text string) []string {
	if _, ok := f.Value.(*several); !ok {
		return []string{text}
	}
	list := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' })
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}
