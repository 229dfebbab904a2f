package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	headerTimeout = 10 * time.Second // for the headers of a request
	answerTimeout = time.Minute      // for an answer to be taken; streams and downloads set their own
	idleTimeout   = 2 * time.Minute  // of a connection between two requests
	maxHeader     = 64 << 10         // bytes
	pingAfter     = 15 * time.Second // of silence on a connection of HTTP/2
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

// certificate loads the certificate; nil: there is to be no TLS.
func (c Config) certificate() (*tls.Certificate, error) {
	if c.TLSCert == "" && c.TLSKey == "" {
		return nil, nil
	}
	one, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("loading the certificate and its key for TLS: %w", err)
	}
	return &one, nil
}

// protocols are what clients may speak: HTTP/2 over TLS, and without where that
// is wanted, because only a client that knows can begin with it.
func (c Config) protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(c.H2C)
	return p
}

// serveHTTP answers requests until ctx is done. Then streams are told and end,
// other answers get a moment to finish, and what still runs is cut: a download
// goes on by ranges.
func (h *house) serveHTTP(ctx context.Context, l listener) error {
	stopping := make(chan struct{})
	h.site.Stopping = stopping
	s := &http.Server{
		Handler:           h.site.Handler(),
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		Protocols:         h.config.protocols(),
		HTTP2:             &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: h.crew.Patience, WriteByteTimeout: h.crew.Patience},
		ErrorLog:          slog.NewLogLogger(h.config.Log.Handler(), slog.LevelDebug),
	}
	serve := s.Serve
	if h.certificate != nil {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*h.certificate}}
		serve = func(l listener) error { return s.ServeTLS(l, "", "") }
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		if ready := h.config.Ready; ready != nil {
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
