package web

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// A Gate lets streams in, so that there is room for everything else. Its zero
// value lets everybody in.
type Gate struct {
	Max           int  // streams in all; 0: any number
	MaxPerAddress int  // streams of one address; 0: any number
	TrustProxy    bool // the last entry of X-Forwarded-For is who asks

	mu  sync.Mutex
	all int
	by  map[netip.Prefix]int
}

var (
	errFull = &refusal{Status: http.StatusTooManyRequests, Code: "too_many_streams", RetryAfter: 10 * time.Second,
		Detail: "Too many streams are open at this server. Try again in a few seconds."}
	errFullAddress = &refusal{Status: http.StatusTooManyRequests, Code: "too_many_streams", RetryAfter: 10 * time.Second,
		Detail: "Too many streams are open from your address. Close some, or try again in a few seconds."}
)

// enter counts one more stream, until leave is called.
func (g *Gate) enter(r *http.Request) (leave func(), err error) {
	from, limited := g.origin(r)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.Max > 0 && g.all >= g.Max:
		return nil, errFull
	case limited && g.by[from] >= g.MaxPerAddress:
		return nil, errFullAddress
	}
	g.all++
	if !limited {
		return g.leave, nil
	}
	if g.by == nil {
		g.by = make(map[netip.Prefix]int)
	}
	g.by[from]++
	return func() { g.leaveFrom(from) }, nil
}

// Open returns how many streams are open.
func (g *Gate) Open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all
}

func (g *Gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
}

func (g *Gate) leaveFrom(from netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if g.by[from]--; g.by[from] == 0 {
		delete(g.by, from)
	}
}

// origin is who asks, as far as it is limited. A host has at least all of an
// IPv6 network of 64 bits. This machine itself is not limited, since a proxy on
// it asks for everybody. All whose address is not known are one: somebody.
func (g *Gate) origin(r *http.Request) (from netip.Prefix, limited bool) {
	if g.MaxPerAddress <= 0 {
		return somebody, false
	}
	addr, ok := g.address(r)
	if !ok {
		return somebody, true
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	from, err := addr.Prefix(bits)
	return from, err == nil && !addr.IsLoopback()
}

// somebody is where those are from whose address nobody can read.
var somebody netip.Prefix

// address is that of who asks, as far as it can be read.
func (g *Gate) address(r *http.Request) (netip.Addr, bool) {
	if g.TrustProxy {
		// The last entry is the proxy's own word; those before it are hearsay.
		if list := strings.Join(r.Header.Values("X-Forwarded-For"), ","); list != "" {
			return parseAddress(strings.TrimSpace(list[strings.LastIndex(list, ",")+1:]))
		}
	}
	return parseAddress(r.RemoteAddr)
}

// parseAddress reads an address, which may have a port: some proxies add that of
// their client.
func parseAddress(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		var both netip.AddrPort
		both, err = netip.ParseAddrPort(text)
		addr = both.Addr()
	}
	return addr.Unmap().WithZone(""), err == nil
}
