package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/app/web"
)

const (
	headerTimeout = 10 * time.Second // for the headers of a request
	answerTimeout = time.Minute      // for an answer to be taken; streams and downloads set their own
	idleTimeout   = 2 * time.Minute  // of a connection between two requests
	maxHeader     = 64 << 10         // bytes
	farewell      = time.Second      // for answers under way when the server stops
)

type listener = net.Listener

// listen opens the address. It refuses one that other machines can reach
// unless that is wanted, because whoever can reach the server can read and
// export everything it serves.
func listen(addr string, insecure bool) (listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("the address %q is not of the form HOST:PORT: %w", addr, err)
	}
	if !insecure && !loopback(host) {
		return nil, fmt.Errorf("refusing to listen on %s: there is no sign-in, so whoever can reach this address can export every source; "+
			"listen on 127.0.0.1, or say -insecure if that is what you want", addr)
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("something else listens on %s already: stop it, or choose another address with -addr: %w", addr, err)
	}
	return l, err
}

// loopback reports whether only this machine can reach host.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// serveHTTP answers requests until ctx is done. Then streams are told and end,
// other answers get a moment to finish, and what still runs is cut: a download
// goes on by ranges.
func serveHTTP(ctx context.Context, l listener, site *web.Site, log *slog.Logger, ready func(string)) error {
	stopping := make(chan struct{})
	site.Stopping = stopping
	s := &http.Server{
		Handler:           site.Handler(),
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		if ready != nil {
			ready(l.Addr().String())
		}
		<-ctx.Done()
		close(stopping)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		if err := s.Shutdown(end); err != nil {
			return s.Close()
		}
		return nil
	})
	return g.Wait()
}
