package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const nchanModule = "/usr/lib/nginx/modules/ngx_nchan_module.so"

// nchanInstalled reports whether Debian's nginx and its module are here
// (packages nginx-light and libnginx-mod-nchan).
func nchanInstalled() bool {
	_, err := exec.LookPath("nginx")
	_, missing := os.Stat(nchanModule)
	return err == nil && missing == nil
}

const nchanConfig = `load_module %s;
daemon off;
pid %[2]s/pid;
error_log %[2]s/error.log;
worker_processes 1;
worker_rlimit_nofile 20000;
events { worker_connections 15000; }
http {
	access_log off;
	client_body_temp_path %[2]s/body;
	proxy_temp_path %[2]s/proxy;
	fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi;
	scgi_temp_path %[2]s/scgi;
	keepalive_requests 1000000;
	nchan_shared_memory_size 256M;
	server {
		listen %[3]s backlog=4096;
		location = /hear { nchan_subscriber eventsource; nchan_channel_id $arg_topic; nchan_subscriber_first_message newest; }
		location = /say { nchan_publisher; nchan_channel_id $arg_topic; nchan_message_buffer_length 2000; nchan_message_timeout 1m; }
	}
}
`

// startNchan runs nginx with Nchan, one worker.
func startNchan(ctx context.Context, _ string) (*server, error) {
	root, err := os.MkdirTemp("", "nchan-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(root, 0o755); err != nil { // the worker is another user
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(root, "conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nchanConfig, nchanModule, root, addr), 0o600); err != nil {
		return nil, err
	}
	cmd := bound(ctx, "nginx", "-p", root, "-c", config, "-e", filepath.Join(root, "error.log"))
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() error {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // how it ends tells nothing
		return os.RemoveAll(root)
	}
	worker, err := childOf(ctx, cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	hear := func(topic string) string { return "/hear?topic=" + url.QueryEscape(topic) }
	transport := &http.Transport{MaxIdleConnsPerHost: publishers}
	speaker := func(_ context.Context, topic string) (say, error) {
		address := "http://" + addr + "/say?topic=" + url.QueryEscape(topic)
		return func(ctx context.Context, text string) error { return publish(ctx, transport, address, text) }, nil
	}
	sayAll := func(ctx context.Context, topic string, first, n int64) error {
		tell, err := speaker(ctx, topic)
		if err != nil {
			return err
		}
		return together(min(8, n), func(who int64) error {
			for i := first + who; i < first+n; i += min(8, n) {
				if err := tell(ctx, text(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	each := func(ctx context.Context, topics, first, n int64) error {
		return byTheWay(ctx, topics, first, n, speaker)
	}
	return &server{addr: addr, pid: worker, hear: hear, say: sayAll, each: each, stop: stop}, nil
}

func publish(ctx context.Context, by http.RoundTripper, address, body string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := by.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var b [4096]byte
	for err == nil {
		_, err = answer.Body.Read(b[:])
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s: %s", address, answer.Status)
	}
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// childOf waits for the first child of a process, and returns its number.
func childOf(ctx context.Context, pid int) (int, error) {
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	for range 500 {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
		if err != nil {
			return 0, err
		}
		if children := strings.Fields(string(b)); len(children) > 0 {
			return strconv.Atoi(children[0])
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-t.C:
		}
	}
	return 0, fmt.Errorf("nginx has started no worker")
}
