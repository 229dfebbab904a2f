package web

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"example.org/carryout/app/metrics"
)

// measureTimeout is for everything that is measured when somebody asks.
const measureTimeout = 5 * time.Second

// tallies are what the site counts.
type tallies struct {
	refused    atomic.Int64 // streams, for want of room
	downloads  atomic.Int64 // to the end of a file
	downloaded atomic.Int64 // bytes of files
}

var errMetrics = &refusal{Status: http.StatusForbidden, Code: "not_for_owners",
	Detail: "The measurements are of everybody's jobs. Only a program that comes to this server past the proxy may read them."}

// metrics answers with what is measured, for Prometheus. It tells of all jobs
// together, so where a proxy says whose a request is, owners do not get it.
func (s *Site) metrics(w http.ResponseWriter, r *http.Request) error {
	if s.OwnerHeader != "" && len(r.Header.Values(s.OwnerHeader)) > 0 {
		return errMetrics
	}
	ctx, cancel := context.WithTimeout(r.Context(), measureTimeout)
	defer cancel()
	var p metrics.Page
	if s.Measure != nil {
		s.Measure(ctx, &p)
	}
	s.measure(&p)
	h := w.Header()
	h.Set("Content-Type", metrics.ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(p.Bytes())))
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(p.Bytes())
	return err
}

// measure writes what the site knows by itself.
func (s *Site) measure(p *metrics.Page) {
	p.Gauge("carryout_streams", "Streams that are open, of jobs and of the feed.", metrics.One(s.Gate.Open()))
	if s.Gate.Max > 0 {
		p.Gauge("carryout_streams_limit", "Streams that may be open.", metrics.One(s.Gate.Max))
	}
	p.Gauge("carryout_feed_followers", "Streams of the feed that are open.", metrics.One(s.Feed.Followers()))
	p.Counter("carryout_streams_refused_total", "Streams that were refused because too many were open.", metrics.One(s.tallies.refused.Load()))
	p.Counter("carryout_streams_cut_total", "Streams that were cut because nobody read them.", metrics.One(s.Crew.Cut()))
	p.Counter("carryout_downloads_total", "Downloads that came to the end of a file.", metrics.One(s.tallies.downloads.Load()))
	p.Counter("carryout_download_bytes_total", "Bytes of files that were handed out.", metrics.One(s.tallies.downloaded.Load()))
}
