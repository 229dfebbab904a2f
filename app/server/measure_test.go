package server_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// family is what a page of measurements says of one name.
type family struct {
	kind    string
	samples map[string]float64 // by what follows the name
}

var (
	helpLine   = regexp.MustCompile(`^# HELP ([a-z][a-z0-9_]*) (\S.*\.)$`)
	typeLine   = regexp.MustCompile(`^# TYPE ([a-z][a-z0-9_]*) (gauge|counter|histogram)$`)
	sampleLine = regexp.MustCompile(`^([a-z][a-z0-9_]*)((?:\{(?:[a-z]+="(?:[^"\\]|\\[\\"n])*",?)+\})?) (\S+)$`)
)

// parse reads a page of measurements as strictly as its format allows: every
// line is one of three, and a family is its help, its type and its samples, in
// this order and in one place.
func parse(t *testing.T, text string) map[string]family {
	t.Helper()
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line has no end")
	}
	all := make(map[string]family)
	var name string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if m := helpLine.FindStringSubmatch(line); m != nil {
			if name = m[1]; all[name].samples != nil {
				t.Errorf("%s is there twice", name)
			}
			all[name] = family{samples: make(map[string]float64)}
		} else if m := typeLine.FindStringSubmatch(line); m != nil && m[1] == name && len(all[name].samples) == 0 {
			all[name] = family{m[2], all[name].samples}
		} else if m := sampleLine.FindStringSubmatch(line); m != nil && all[name].kind != "" && strings.HasPrefix(m[1], name) {
			suffix := m[1][len(name):]
			value, err := strconv.ParseFloat(m[3], 64)
			if _, twice := all[name].samples[suffix+m[2]]; err != nil || twice || suffix != "" && all[name].kind != "histogram" {
				t.Errorf("got %q, want a new sample of %s", line, name)
			}
			all[name].samples[suffix+m[2]] = value
		} else {
			t.Errorf("got the line %q, which is no part of %q", line, name)
		}
	}
	return all
}

// scrape asks for the measurements of a server.
func scrape(t *testing.T, url string) map[string]family {
	t.Helper()
	resp, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("got %s, %v, want the measurements\n%s", resp.Status, err, text)
	}
	if got, want := resp.Header.Get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	return parse(t, string(text))
}

// settle asks for the measurements until what the client has seen the end of has
// ended for the server too, which is a moment later.
func settle(t *testing.T, url string) map[string]family {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		all := scrape(t, url)
		settled := all["carryout_streams"].samples[""] == 0 && all["carryout_downloads_total"].samples[""] > 0
		if settled || ctx.Err() != nil {
			return all
		}
	}
}

func TestTheServerIsMeasured(t *testing.T) {
	c := config(t)
	c.Version = "v1.2.3"
	err := serve(t, c, func(url string) {
		before := scrape(t, url)
		resp, err := http.Post(url+"/jobs", "application/json", strings.NewReader(`{"source":"docs","format":"tar","options":{}}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		job := url + resp.Header.Get("Location")
		for _, path := range []string{"/events", "/file"} { // the stream ends when the file is there
			resp, err := http.Get(job + path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
		all := settle(t, url)
		for name, f := range all {
			for sample, value := range f.samples {
				if earlier, was := before[name].samples[sample]; f.kind != "gauge" && was && value < earlier {
					t.Errorf("%s%s went from %v to %v, and it is a %s", name, sample, earlier, value, f.kind)
				}
				if value < 0 {
					t.Errorf("%s%s is %v", name, sample, value)
				}
			}
			if total := strings.HasSuffix(name, "_total"); total != (f.kind == "counter") {
				t.Errorf("%s is a %s", name, f.kind)
			}
			if f.kind == "histogram" && f.samples["_bucket"+`{le="+Inf"}`] != f.samples["_count"] {
				t.Errorf("%s: got %v in all buckets and a count of %v", name, f.samples[`_bucket{le="+Inf"}`], f.samples["_count"])
			}
		}
		size := all["carryout_made_bytes_total"].samples[""]
		if size < 1<<20 {
			t.Errorf("got a file of %v bytes, want those of the source and more", size)
		}
		for _, want := range []struct {
			name, sample string
			value        float64
		}{
			{"carryout_jobs", `{state="ready"}`, 1},
			{"carryout_jobs", `{state="queued"}`, 0},
			{"carryout_job_events_total", `{kind="ready"}`, 1},
			{"carryout_job_wait_seconds", "_count", 1},
			{"carryout_job_run_seconds", "_count", 1},
			{"carryout_assembled_bytes_total", "", 1 << 20},
			{"carryout_artifact_bytes", `{state="unfinished"}`, 0},
			{"carryout_downloads_total", "", 1},
			{"carryout_download_bytes_total", "", size},
			{"carryout_streams", "", 0},
			{"carryout_streams_cut_total", "", 0},
			{"carryout_room_low", `{of="disk"}`, 0},
			{"carryout_build_info", `{version="v1.2.3",go="` + runtime.Version() + `"}`, 1},
		} {
			if got, there := all[want.name].samples[want.sample]; !there || got != want.value {
				t.Errorf("%s%s: got %v, want %v", want.name, want.sample, got, want.value)
			}
		}
		for _, name := range []string{"carryout_disk_free_bytes", "carryout_disk_size_bytes"} {
			for _, of := range []string{"artifacts", "database"} {
				if got := all[name].samples[`{of="`+of+`"}`]; got == 0 {
					t.Errorf("%s of %s is not there", name, of)
				}
			}
		}
		for _, name := range []string{"carryout_artifact_bytes", "carryout_database_bytes", "carryout_commits_total", "carryout_streams_limit",
			"process_cpu_seconds_total", "process_start_time_seconds", "process_max_fds", "go_goroutines"} {
			if len(all[name].samples) == 0 {
				t.Errorf("%s is not there", name)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
