// Package server puts the house together and runs it. It is the only place that
// names a database, a folder for files, or a kind of source.
//
// Everything lies in one data folder:
//
//	carryout.db   the jobs and their histories (SQLite)
//	artifacts/    finished files, and unfinished ones
//	ballast       room for the last words of the database, if the disk is full
//	demo/         the demo data, if it was asked for
//	lock          held by the one server that uses the folder
//
// The server is one group: the pool of workers, the sweeper, the watch over the
// disks, the feed and HTTP. It ends when its context does, in an order that loses nothing: nothing
// new is claimed, running jobs are put back, streams are told and end, and the
// database is closed last.
package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/app/carrier"
	"example.org/carryout/app/metrics"
	"example.org/carryout/app/web"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/feed"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/lend"
	"example.org/carryout/jobs/reuse"
	"example.org/carryout/jobs/room"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/work"
)

// Config says how a server is to run. Addr, Data and Log are required.
type Config struct {
	Addr        string        // to listen on, such as "127.0.0.1:8080"; port 0 picks a free one
	Insecure    bool          // listen where others than this machine can reach it
	AllowHost   []string      // names under which the server may be asked, beside addresses and localhost
	AllowOrigin []string      // other origins whose pages may read; "*": all
	OwnerHeader string        // in which a proxy in front says whose a request is; empty: all jobs are everybody's
	TLSCert     string        // file with the certificate, and those of who signed it; empty: no TLS
	TLSKey      string        // file with its key
	H2C         bool          // take HTTP/2 without TLS too, from a proxy that knows that we do
	Heartbeat   time.Duration // of silence, after which a stream shows that it lives; 0: 15 s

	MaxStreams           int  // open at a time; 0: what three quarters of the open files allow
	MaxStreamsPerAddress int  // of one address, but for this machine's own; 0: any number
	TrustProxy           bool // X-Forwarded-For says whose address it is

	Data       string        // the data folder; it is made if it is not there
	Sources    []string      // NAME=LOCATION
	Demo       bool          // write demo data and add it to Sources
	Workers    int           // jobs at a time; 0: as many as there are processors, at least 2
	Retain     time.Duration // how long files are kept; 0: for good
	Forget     time.Duration // how long what is known of jobs is kept that have no file any more; 0: for good
	Checkpoint time.Duration // of work, after which a job keeps a place to go on from; 0: 2 s
	Attempts   int           // starts of a job that takes the server down each time; 0: 5
	Limits     store.Limits  // what one owner may ask for
	MaxSize    int64         // bytes that one file may have; 0: as many as come
	MaxSpace   int64         // bytes that all files may take up; 0: as many as there is room for
	MinFree    int64         // bytes to be left on each disk; below 0: room.Auto
	Throttle   int64         // bytes a second that one job may read; 0: as fast as it can
	Freeze     int64         // bytes of a table, from which on it is copied before it is exported; 0: never
	Reuse      bool          // answer a request that equals an earlier one with its file, if nothing has changed

	Version string // of the program, as its measurements tell it

	Log   *slog.Logger
	Ready func(addr string) // called with the address once connections are accepted; may be nil
}

// Run runs a server until ctx is done. It returns nil after a clean stop.
func Run(ctx context.Context, c Config) (err error) {
	c = c.withDefaults()
	certificate, err := c.certificate()
	if err != nil {
		return err
	}
	l, err := listen(c.Addr, c.Insecure)
	if err != nil {
		return err
	}
	defer l.Close()
	unlock, err := lock(c.Data)
	if err != nil {
		return err
	}
	defer unlock()
	h := &house{config: c, certificate: certificate, began: time.Now()}
	defer func() { err = errors.Join(err, h.close()) }()
	if err := h.build(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it had begun
		}
		return err
	}
	return h.run(ctx, l)
}

func (c Config) withDefaults() Config {
	if c.Heartbeat <= 0 {
		c.Heartbeat = 15 * time.Second
	}
	if c.Workers <= 0 {
		c.Workers = max(2, runtime.GOMAXPROCS(0))
	}
	if c.Attempts <= 0 {
		c.Attempts = 5
	}
	return c
}

// ballast is how many bytes are set aside for the last words of the database.
const ballast = 16 << 20

// house holds all parts of a server.
type house struct {
	config  Config
	sources []export.Named
	store   *sqlite.Store
	room    *room.Watch
	feed    *feed.Feed
	tail    tail.Tail
	pool    *work.Pool
	sweeper *work.Sweeper
	desk    lend.Desk
	crew    *carrier.Crew
	site    *web.Site
	counted metrics.Jobs
	files   artifact.Store
	began   time.Time

	certificate *tls.Certificate // nil: no TLS
}

// build opens and connects the parts. What it has opened close closes, even
// after an error.
func (h *house) build(ctx context.Context) error {
	c := h.config
	locations, err := locate(ctx, c)
	if err != nil {
		return err
	}
	if h.sources, err = openSources(locations); err != nil {
		return err
	}
	artifacts, err := dir.New(artifactsIn(c.Data))
	if err != nil {
		return fmt.Errorf("opening the folder for files: %w", err)
	}
	h.files = artifacts
	h.room = &room.Watch{Artifacts: artifactsIn(c.Data), Database: c.Data, Min: c.MinFree, Ballast: room.NewBallast(c.Data, ballast), Log: c.Log,
		Max: c.MaxSpace, Used: func() (u room.Usage, err error) {
			u.Finished, u.Unfinished, err = artifacts.Used(ctx)
			return u, err
		}}
	h.store, err = sqlite.Open(ctx, databaseIn(c.Data), sqlite.Options{Notify: h.notify, Reserve: h.room.Ballast, Attempts: c.Attempts, Limits: c.Limits, Now: wall})
	if err != nil {
		return wayOut(c.Data, err)
	}
	if h.feed, err = feed.New(ctx, h.store, h.store.Count, c.Log); err != nil {
		return err
	}
	exporter := &export.Exporter{Sources: h.sources, Formats: format.All(), Artifacts: artifacts,
		Workers: runtime.GOMAXPROCS(0), Throttle: c.Throttle, MaxSize: c.MaxSize, SaveEvery: c.Checkpoint, Freeze: c.Freeze, Room: h.room}
	h.pool = &work.Pool{Queue: h.store, Run: exporter.Run, Size: c.Workers, Name: workerName(), Retain: c.Retain, Log: c.Log, Now: wall}
	h.sweeper = &work.Sweeper{Board: h.store, Shelf: h.store, Artifacts: artifacts, Every: sweepEvery(c.Retain), Space: c.MaxSpace, Forget: c.Forget, Desk: &h.desk, Log: c.Log}
	var board store.Board = h.store
	if c.Reuse {
		exporter.Made = h.store.Made
		board = reuse.New(board, reuse.Settings{Key: exporter.Key, Artifacts: artifacts, Retain: c.Retain, MaxSize: c.MaxSize, Now: wall})
	}
	h.room.Check()
	h.crew = carrier.New(c.Heartbeat)
	h.site = &web.Site{Board: board, History: h.store, Shelf: h.store, Desk: &h.desk, Export: exporter, Artifacts: artifacts, Tail: &h.tail, Feed: h.feed, Crew: h.crew,
		Log: c.Log, NewKey: rand.Text, Heartbeat: c.Heartbeat,
		Gate:   web.Gate{Max: seats(c.MaxStreams, c.Log), MaxPerAddress: c.MaxStreamsPerAddress, TrustProxy: c.TrustProxy},
		Retain: c.Retain, Room: h.room, OwnerHeader: c.OwnerHeader, AllowHosts: c.AllowHost, AllowOrigins: c.AllowOrigin, DataDir: c.Data,
		Measure: h.measure}
	return nil
}

// notify tells followers what has become durable.
func (h *house) notify(changes []store.Change) {
	h.counted.Commit(changes)
	h.tail.Commit(changes)
	if h.feed != nil {
		h.feed.Commit(changes)
	}
}

// close closes what build has opened.
func (h *house) close() error {
	var errs []error
	if h.store != nil {
		errs = append(errs, h.store.Close())
	}
	for _, s := range h.sources {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// run serves until ctx is done.
func (h *house) run(ctx context.Context, l listener) error {
	log := h.config.Log
	switch n, err := h.store.Recover(ctx, "the server was restarted"); {
	case ctx.Err() != nil:
		return nil // stopped before it had begun
	case err != nil:
		return fmt.Errorf("putting interrupted jobs back: %w", err)
	case n > 0:
		log.Info("interrupted jobs run again", "jobs", n)
	}
	failpoint.At("interrupted-put-back")
	h.sweeper.Clear(ctx)

	// The feed serves those who are connected, so it ends after HTTP does.
	feedCtx, stopFeed := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFeed()
	var last errgroup.Group
	last.Go(func() error { return h.feed.Serve(feedCtx) })

	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.pool.Serve(gctx) })
	g.Go(func() error { return h.sweeper.Serve(gctx) })
	g.Go(func() error { return h.room.Serve(gctx) })
	g.Go(func() error { return h.crew.Serve(gctx) })
	g.Go(func() error { return h.serveHTTP(gctx, l) })
	err := g.Wait()
	h.site.Wait()
	stopFeed()
	return errors.Join(err, last.Wait())
}

// sweepEvery is often enough that no file outlives its time by much.
func sweepEvery(retain time.Duration) time.Duration {
	if retain <= 0 {
		return time.Minute
	}
	return min(max(retain/10, time.Second), time.Minute)
}

// workerName tells the workers of one server apart from those of another.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}
