package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"

	"example.org/carryout/app/carrier"
	"example.org/carryout/app/web"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/feed"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
	"github.com/dunglas/mercure"
	r3labs "github.com/r3labs/sse/v2"
	gosse "github.com/tmaxmax/go-sse"
)

// A hub tells those who hear a topic what is said.
type hub interface {
	http.Handler // answers /hear?topic=T (and, for those that ask for it, &stream=T)

	// speaker returns how everybody who hears topic is told something.
	speaker(ctx context.Context, topic string) (say, error)
}

// A say tells something.
type say func(ctx context.Context, text string) error

// publishers is how many callers hand in events at the same time when there are
// many to be told at once.
const publishers = 64

// be serves as the contender of that name until ctx is done. It prints its
// address.
func be(ctx context.Context, name string) error {
	raiseFileLimit()
	h, closeHub, err := open(ctx, name)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/hear", h)
	mux.HandleFunc("POST /say", func(w http.ResponseWriter, r *http.Request) {
		if err := sayAll(r.Context(), h, r.URL.Query()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /each", func(w http.ResponseWriter, r *http.Request) {
		if err := sayEach(r.Context(), h, r.URL.Query()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	s := &http.Server{Handler: mux}
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) }) // ends when it is closed
	fmt.Println(l.Addr())
	<-ctx.Done()
	err = errors.Join(s.Close(), closeHub())
	serving.Wait()
	return err
}

// sayAll tells n events, from the first on, as fast as the hub takes them.
func sayAll(ctx context.Context, h hub, q url.Values) error {
	first, n, err := span(q)
	if err != nil {
		return err
	}
	tell, err := h.speaker(ctx, q.Get("topic"))
	if err != nil {
		return err
	}
	if n == 1 {
		return tell(ctx, text(first))
	}
	return together(min(publishers, n), func(who int64) error {
		for i := first + who; i < first+n; i += min(publishers, n) {
			if err := tell(ctx, text(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// sayEach tells n events in each topic.
func sayEach(ctx context.Context, h hub, q url.Values) error {
	topics, err := strconv.ParseInt(q.Get("topics"), 10, 64)
	if err != nil {
		return err
	}
	first, n, err := span(q)
	if err != nil {
		return err
	}
	return byTheWay(ctx, topics, first, n, h.speaker)
}

// span says which events are asked for.
func span(q url.Values) (first, n int64, err error) {
	if first, err = strconv.ParseInt(q.Get("first"), 10, 64); err != nil {
		return 0, 0, err
	}
	n, err = strconv.ParseInt(q.Get("n"), 10, 64)
	return first, n, err
}

// interval is between two events of a job that is being worked on, as in the
// real server.
const interval = 100 * time.Millisecond

// byTheWay tells n events in each topic, as workers tell how their jobs go: each
// has a goroutine of its own, which knows its job and waits for nobody else, and
// so their turns are spread over the interval. It is the same work for all whose
// process does it.
func byTheWay(ctx context.Context, topics, first, n int64, speaker func(ctx context.Context, topic string) (say, error)) error {
	began := time.Now()
	return together(topics, func(who int64) error {
		tell, err := speaker(ctx, topic(int(who), int(topics)))
		if err != nil {
			return err
		}
		turn := began.Add(interval * time.Duration(who) / time.Duration(topics))
		t := time.NewTimer(time.Until(turn))
		defer t.Stop()
		for i := range n {
			select {
			case <-t.C:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := tell(ctx, text(first+i)); err != nil {
				return err
			}
			turn = turn.Add(interval)
			t.Reset(time.Until(turn))
		}
		return nil
	})
}

func together(n int64, do func(who int64) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for who := range n {
		wg.Go(func() { errs[who] = do(who) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// open opens a hub and returns how it is closed.
func open(ctx context.Context, name string) (hub, func() error, error) {
	switch name {
	case "carryout":
		return openCarryout(ctx)
	case "carryout-nethttp":
		h, closeHub, err := openCarryout(ctx)
		return secured{h}, closeHub, err
	case "mercure":
		return openMercure(ctx)
	case "go-sse":
		h := &goSSE{&gosse.Server{OnSession: func(_ http.ResponseWriter, r *http.Request) ([]string, bool) {
			return []string{r.URL.Query().Get("topic")}, true
		}}}
		return h, func() error { return h.Shutdown(context.Background()) }, nil
	case "r3labs":
		s := r3labs.New()
		s.AutoStream, s.AutoReplay = true, false
		return &r3{s}, func() error { s.Close(); return nil }, nil
	}
	return nil, nil, fmt.Errorf("there is no contender %q", name)
}

// ours is the site as it is, with its store on the disk.
type ours struct {
	http.Handler
	store *sqlite.Store
	feed  *feed.Feed

	mu     sync.Mutex
	leases map[string]store.Lease // of the job that stands for a topic
}

// everybody is the topic that stands for the feed; any other is a job.
const everybody = "all"

func openCarryout(ctx context.Context) (hub, func() error, error) {
	root, err := os.MkdirTemp("", "streams-")
	if err != nil {
		return nil, nil, err
	}
	var (
		h     = &ours{leases: make(map[string]store.Lease)}
		tails tail.Tail
	)
	h.store, err = sqlite.Open(ctx, root+"/jobs.db", sqlite.Options{Lease: time.Hour, Notify: func(changes []store.Change) {
		tails.Commit(changes)
		if h.feed != nil {
			h.feed.Commit(changes)
		}
	}})
	if err != nil {
		return nil, nil, err
	}
	log := slog.New(slog.DiscardHandler)
	if h.feed, err = feed.New(ctx, h.store, h.store.Count, log); err != nil {
		return nil, nil, err
	}
	artifacts, err := dir.New(root + "/artifacts")
	if err != nil {
		return nil, nil, err
	}
	crew := carrier.New(15 * time.Second)
	site := &web.Site{
		Board: h.store, History: h.store, Export: &export.Exporter{}, Artifacts: artifacts, Tail: &tails, Feed: h.feed, Crew: crew, Log: log,
		NewKey: func() string { return "" }, Heartbeat: 15 * time.Second, Stopping: make(chan struct{}),
	}
	h.Handler = site.Handler()
	var serving sync.WaitGroup
	serving.Go(func() { _ = h.feed.Serve(ctx) }) // ends with ctx
	serving.Go(func() { _ = crew.Serve(ctx) })   // as well
	return h, func() error {
		serving.Wait()
		return errors.Join(h.store.Close(), os.RemoveAll(root))
	}, nil
}

// ServeHTTP turns what is asked into our own addresses.
func (o *ours) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	topic := r.URL.Query().Get("topic")
	r.URL.RawQuery = ""
	if topic == everybody {
		r.URL.Path, r.URL.RawQuery = "/events", "events=message"
	} else if l, err := o.lease(r.Context(), topic); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	} else {
		r.URL.Path = "/jobs/" + string(l.Job.ID) + "/events"
	}
	o.Handler.ServeHTTP(w, r)
}

func (o *ours) speaker(ctx context.Context, topic string) (say, error) {
	if topic == everybody {
		return func(ctx context.Context, text string) error { return o.feed.Publish(ctx, feed.Message, text) }, nil
	}
	l, err := o.lease(ctx, topic)
	return func(_ context.Context, text string) error {
		return o.store.Tell(l, jobs.Progress{Phase: jobs.Assembling, Current: text})
	}, err
}

// lease returns the hold on the job of that topic, which begins to run when it
// is asked for first.
func (o *ours) lease(ctx context.Context, topic string) (store.Lease, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l, ok := o.leases[topic]; ok {
		return l, nil
	}
	spec := jobs.Spec{Source: "topics", Format: "zip", Paths: []string{topic}}
	if _, _, err := o.store.Submit(ctx, spec, store.SubmitOptions{Owner: "streams"}); err != nil {
		return store.Lease{}, err
	}
	l, err := o.store.Claim(ctx, "streams")
	if err == nil {
		o.leases[topic] = l
	}
	return l, err
}

// secured is our site as it is over TLS, where each follower is written to by a
// handler of its own, but without what TLS costs, which the others do not pay
// either.
type secured struct{ hub }

func (s secured) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.TLS = &tls.ConnectionState{}
	s.hub.ServeHTTP(w, r)
}

// hubMercure is mercure's hub with its transport in memory.
type hubMercure struct{ *mercure.Hub }

func openMercure(ctx context.Context) (hub, func() error, error) {
	key := []byte("a key that is long enough to be one, for a hub that asks for it")
	h, err := mercure.NewHub(ctx,
		mercure.WithAnonymous(),
		mercure.WithLogger(slog.New(slog.DiscardHandler)),
		mercure.WithTransport(mercure.NewLocalTransport(mercure.NewSubscriberList(10_000))),
		mercure.WithPublisherJWT(key, "HS256"), mercure.WithSubscriberJWT(key, "HS256"),
	)
	if err != nil {
		return nil, nil, err
	}
	return &hubMercure{h}, func() error { return h.Stop(context.Background()) }, nil
}

// ServeHTTP subscribes at the only address that the hub answers.
func (m *hubMercure) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.Path = "/.well-known/mercure"
	m.Hub.ServeHTTP(w, r)
}

func (m *hubMercure) speaker(_ context.Context, topic string) (say, error) {
	return func(ctx context.Context, text string) error {
		return m.Publish(ctx, &mercure.Update{Topics: []string{topic}, Event: mercure.Event{Data: text}})
	}, nil
}

// goSSE is tmaxmax/go-sse with its default provider.
type goSSE struct{ *gosse.Server }

func (g *goSSE) speaker(_ context.Context, topic string) (say, error) {
	return func(_ context.Context, text string) error {
		m := &gosse.Message{}
		m.AppendData(text)
		return g.Publish(m, topic)
	}, nil
}

// r3 is r3labs/sse, which makes a stream for each topic.
type r3 struct{ *r3labs.Server }

func (s *r3) speaker(_ context.Context, topic string) (say, error) {
	return func(_ context.Context, text string) error {
		s.Publish(topic, &r3labs.Event{Data: []byte(text)})
		return nil
	}, nil
}
