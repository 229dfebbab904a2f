package walk_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A crowd joins, reads, stalls, leaves and comes back, while jobs run and the
// server is killed and started again. What each of them has seen is compared
// with the log in the end.
type crowd struct {
	t         *testing.T
	s         *server
	url       string // of the server, before and after each kill
	followers int
	kills     int
	calm      time.Duration // between two kills, on average

	over chan struct{} // closed when there are no more kills, and no more to come

	mu   sync.Mutex
	jobs []string
	seen []record
}

// A record is what one follower has seen of one stream.
type record struct {
	path        string
	connections int
	events      []event
}

func TestACrowdMissesNothingWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	c := &crowd{t: t, followers: 80, kills: 2, calm: 300 * time.Millisecond}
	c.run("-throttle=8000000")
}

func (c *crowd) run(flags ...string) {
	c.over = make(chan struct{})
	c.s = start(c.t, append(flags, "-source", "docs="+tree(c.t), "-attempts=100", "-checkpoint=100ms")...)
	c.url = c.s.url
	c.submit()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for range c.followers {
		all.Go(func() { c.follow(ctx) })
	}
	published := 0
	for range c.kills {
		c.submit()
		end := time.Now().Add(c.calm/2 + rand.N(c.calm))
		for time.Now().Before(end) {
			c.publish(&published)
			if rand.IntN(20) == 0 {
				c.submit()
			}
		}
		c.s.kill()
		c.s.restart()
	}
	c.publish(&published)
	for _, id := range c.jobs {
		c.s.ready(id)
	}
	close(c.over)
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for waiting := true; waiting; { // who follows the feed ends with a message
		select {
		case <-done:
			waiting = false
		case <-time.After(20 * time.Millisecond):
			c.publish(&published)
		}
	}
	if ctx.Err() != nil {
		c.t.Fatal("followers do not come to an end")
	}
	c.check()
}

func (c *crowd) submit() {
	c.t.Helper()
	id := c.s.submit(spec("docs", []string{"zip", "tar.gz", "tar"}[rand.IntN(3)])).text("id")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs = append(c.jobs, id)
}

// publish publishes the next message.
func (c *crowd) publish(n *int) {
	c.t.Helper()
	*n++
	resp, body := c.s.call("PUT", "/publish", fmt.Sprintf(`{"message":"message %d"}`, *n))
	if resp.StatusCode != http.StatusAccepted {
		c.t.Fatalf("got %s: %s", resp.Status, body)
	}
}

const feedPath = "/events?events=message,job"

// follow is one of the crowd: it sees one stream after the other to the end.
func (c *crowd) follow(ctx context.Context) {
	for more := true; more; {
		c.mu.Lock()
		path := "/jobs/" + c.jobs[rand.IntN(len(c.jobs))] + "/events"
		c.mu.Unlock()
		if rand.IntN(3) == 0 {
			path = feedPath
		}
		r := record{path: path}
		for whole := false; !whole && ctx.Err() == nil; {
			whole = c.connect(ctx, &r)
		}
		c.mu.Lock()
		c.seen = append(c.seen, r)
		c.mu.Unlock()
		select {
		case <-c.over:
			more = false
		default:
		}
	}
}

// connect goes on where a record ends, for a while, and reports whether the
// stream is over. The feed never is, so it is left when nothing more comes.
func (c *crowd) connect(ctx context.Context, to *record) (whole bool) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	r, err := http.NewRequestWithContext(ctx, "GET", c.url+to.path, nil)
	if err != nil {
		c.t.Error(err)
		return true
	}
	if id := lastID(to.events); id != "" {
		r.Header.Set("Last-Event-ID", id)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false // the server is just being killed
	}
	defer resp.Body.Close()
	to.connections++
	if resp.StatusCode == http.StatusNoContent {
		return true
	}
	st := &stream{c.t, resp, bufio.NewReader(resp.Body)}
	stop := time.AfterFunc(time.Duration(rand.ExpFloat64()*float64(c.calm)), leave) // at any moment, also within an event
	defer stop.Stop()
	for {
		e, err := st.next()
		if err != nil {
			return err == io.EOF && len(to.events) > 0 && ends(to.events[len(to.events)-1])
		}
		to.events = append(to.events, e)
		if to.path == feedPath && e.name == "message" && c.isOver() {
			return true
		}
		if rand.IntN(50) == 0 { // a stall
			select {
			case <-time.After(rand.N(c.calm / 2)):
			case <-ctx.Done():
			}
		}
	}
}

func (c *crowd) isOver() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

func ends(e event) bool { return e.name == "ready" || e.name == "failed" || e.name == "canceled" }

// check compares what was seen with the logs.
func (c *crowd) check() {
	c.t.Helper()
	logs := map[string][]event{feedPath: c.published()}
	for _, id := range c.jobs {
		path := "/jobs/" + id + "/events"
		logs[path] = c.s.follow(path, "").rest()
	}
	events, comebacks := 0, 0
	for _, r := range c.seen {
		if len(r.events) == 0 {
			c.t.Errorf("%s: a follower has seen nothing", r.path)
			continue
		}
		events += len(r.events)
		comebacks += r.connections - 1
		if problem := r.compare(logs[r.path]); problem != "" {
			c.t.Errorf("%s, seen by %d connections: %s", r.path, r.connections, problem)
		}
	}
	c.t.Logf("%d records of %d jobs and the feed, %d events, %d times somebody came back", len(c.seen), len(c.jobs), events, comebacks)
	if comebacks < c.followers {
		c.t.Errorf("got %d returns of %d followers, which shows little", comebacks, c.followers)
	}
}

// published are all messages.
func (c *crowd) published() (all []event) {
	c.t.Helper()
	resp, body := c.s.call("PUT", "/publish", `{"message":"the end"}`)
	if resp.StatusCode != http.StatusAccepted {
		c.t.Fatalf("got %s: %s", resp.Status, body)
	}
	st := c.s.follow("/events?events=message", "evt-1")
	defer st.resp.Body.Close()
	for {
		e, err := st.next()
		if err != nil {
			c.t.Fatal(err)
		}
		if all = append(all, e); e.data == "the end" {
			return all
		}
	}
}

// compare returns what is wrong with a record, beside the log: order, a gap, a
// double, other words. What may be missing is progress, and on the feed the
// changes of jobs, which no log keeps.
func (r *record) compare(log []event) string {
	passing := "progress"
	if r.path == feedPath {
		passing = "job"
	}
	told := make(map[int]event)
	for _, e := range log {
		told[number(e)] = e
	}
	last, next := 0, 0 // next: in the log, after last
	for i, e := range r.events {
		n := number(e)
		want, kept := told[n]
		switch {
		case n <= last:
			return fmt.Sprintf("got number %s after %d", e.id, last)
		case kept && e != want:
			return fmt.Sprintf("got %v, and later %v", e, want)
		case !kept && e.name != passing:
			return fmt.Sprintf("got %v, of which the log knows nothing", e)
		}
		for ; next < len(log) && number(log[next]) <= n; next++ {
			missed := log[next]
			if number(missed) < n && missed.name != passing && (r.path != feedPath || i > 0) {
				return fmt.Sprintf("got number %d after %d, without %v", n, last, missed)
			}
		}
		last = n
	}
	return ""
}

// number is that of an event in its log.
func number(e event) int {
	n, err := strconv.Atoi(strings.TrimPrefix(e.id, "evt-"))
	if err != nil {
		return -1
	}
	return n
}
