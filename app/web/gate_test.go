package web_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"example.org/carryout/app/carrier"
	"example.org/carryout/app/web"
)

func TestOnlySoManyStreamsAreLetIn(t *testing.T) {
	for name, test := range map[string]struct {
		gate  func(*web.Gate)
		from  []string // X-Forwarded-For of one stream after the other
		wants []int    // their statuses
	}{
		"in all":                  {func(g *web.Gate) { g.Max = 2 }, []string{"", "", ""}, []int{200, 200, 429}},
		"of one address":          {func(g *web.Gate) { g.MaxPerAddress, g.TrustProxy = 1, true }, []string{"192.0.2.1", "192.0.2.1", "192.0.2.2"}, []int{200, 429, 200}},
		"by the proxy's own word": {func(g *web.Gate) { g.MaxPerAddress, g.TrustProxy = 1, true }, []string{"192.0.2.9, 192.0.2.1", "192.0.2.8,192.0.2.1"}, []int{200, 429}},
		"of one network of IPv6":  {func(g *web.Gate) { g.MaxPerAddress, g.TrustProxy = 1, true }, []string{"2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"}, []int{200, 429, 200}},
		"of those whose address nobody can read": {func(g *web.Gate) { g.MaxPerAddress, g.TrustProxy = 1, true },
			[]string{"unknown", "_hidden", "192.0.2.1, ;", "192.0.2.1", "127.0.0.1.1", "192.0.2.2,"}, []int{200, 429, 429, 200, 429, 429}},
		"of one address with any port": {func(g *web.Gate) { g.MaxPerAddress, g.TrustProxy = 1, true },
			[]string{"192.0.2.1:80", "192.0.2.1:81", "192.0.2.1", "[2001:db8::1]:80", "2001:db8::1", "[2001:db8::1]"}, []int{200, 429, 429, 200, 429, 429}},
		"but not of this machine":      {func(g *web.Gate) { g.MaxPerAddress, g.TrustProxy = 1, true }, []string{"", "", "127.0.0.1"}, []int{200, 200, 200}},
		"nor by what anybody may send": {func(g *web.Gate) { g.MaxPerAddress = 1 }, []string{"192.0.2.1", "192.0.2.1"}, []int{200, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ways["the crew"].open(t, func(site *web.Site) {
				test.gate(&site.Gate)
				site.Crew = carrier.New(40 * time.Millisecond) // which soon finds who has left
			})
			var open []*http.Response
			for i, from := range test.from {
				resp := s.ask("GET", "/events", "X-Forwarded-For", from)
				if resp.StatusCode != test.wants[i] {
					t.Errorf("stream %d of %q: got %s, want %d", i+1, from, resp.Status, test.wants[i])
				}
				if resp.StatusCode == http.StatusTooManyRequests {
					if wait, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || wait < 1 {
						t.Errorf("got Retry-After %q, want seconds", resp.Header.Get("Retry-After"))
					}
					continue
				}
				open = append(open, resp)
			}
			if got := s.ask("GET", "/jobs").StatusCode; got != http.StatusOK {
				t.Errorf("GET /jobs: got %d, want 200: only streams are counted", got)
			}
			for _, resp := range open {
				resp.Body.Close()
			}
			s.idle()
			if got := s.ask("GET", "/events", "X-Forwarded-For", test.from[0]).StatusCode; got != http.StatusOK {
				t.Errorf("after all have left: got %d, want 200", got)
			}
		})
	}
}
