package server

import (
	"context"
	"os"
	"runtime"

	"example.org/carryout/app/metrics"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/room"
)

// measure adds all that is known of the server to a page of measurements. What
// cannot be had at the moment, such as counts of a database that does not
// answer, is left out, and the rest is told all the same.
func (h *house) measure(ctx context.Context, p *metrics.Page) {
	p.Gauge("carryout_build_info", "What this server is made of.", metrics.Sample{Value: 1,
		Labels: []metrics.Label{{Name: "version", Value: h.config.Version}, {Name: "go", Value: runtime.Version()}}})
	p.Gauge("carryout_workers", "Exports that may run at a time.", metrics.One(h.config.Workers))
	h.measureJobs(ctx, p)
	h.counted.Write(p)
	h.measureFiles(ctx, p)
	h.measureRoom(p)
	metrics.Process(p, h.began)
}

// states are all that a job may be in.
var states = []jobs.State{jobs.Queued, jobs.Running, jobs.Ready, jobs.Failed, jobs.Canceled, jobs.Expired}

func (h *house) measureJobs(ctx context.Context, p *metrics.Page) {
	counts, err := h.store.Count(ctx)
	if err != nil {
		h.config.Log.Warn("jobs could not be counted for the measurements", "err", err)
		return
	}
	var samples []metrics.Sample
	for _, s := range states {
		samples = append(samples, metrics.Of("state", string(s), counts[s]))
	}
	p.Gauge("carryout_jobs", "Jobs that the database has, by their state.", samples...)
}

func (h *house) measureFiles(ctx context.Context, p *metrics.Page) {
	if finished, unfinished, err := h.files.Used(ctx); err != nil {
		h.config.Log.Warn("files could not be counted for the measurements", "err", err)
	} else {
		sum := room.Usage{Unfinished: unfinished}.Sum()
		p.Gauge("carryout_artifact_bytes", "Bytes of the files on the disk: of exports that are ready, and of those under way.",
			metrics.Of("state", "finished", finished), metrics.Of("state", "unfinished", sum))
	}
	var size int64
	for _, end := range []string{"", "-wal"} {
		if info, err := os.Stat(databaseIn(h.config.Data) + end); err == nil {
			size += info.Size()
		}
	}
	p.Gauge("carryout_database_bytes", "Bytes of the database and of its log of recent writes.", metrics.One(size))
}

func (h *house) measureRoom(p *metrics.Page) {
	var free, size []metrics.Sample
	artifacts, database := h.room.Disks()
	for _, d := range []struct {
		of    string
		space *room.Space
	}{{"artifacts", artifacts}, {"database", database}} {
		if d.space != nil {
			free = append(free, metrics.Of("of", d.of, d.space.Free))
			size = append(size, metrics.Of("of", d.of, d.space.Total))
		}
	}
	p.Gauge("carryout_disk_free_bytes", "Bytes that are free on the disk of the files and on that of the database.", free...)
	p.Gauge("carryout_disk_size_bytes", "Bytes that these disks have in all.", size...)
	lack := h.room.Lack()
	p.Gauge("carryout_room_low", "1 while nothing new is taken for want of room: on a disk, or of what files may take up.",
		metrics.Of("of", "disk", one(lack == room.Disk)), metrics.Of("of", "share", one(lack == room.Share)))
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
