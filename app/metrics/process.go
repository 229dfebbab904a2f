package metrics

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// Process writes what the process takes, under the names that all exporters of
// Prometheus have for it
// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
func Process(p *Page, started time.Time) {
	p.Gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", One(float64(started.UnixMilli())/1000))
	p.Gauge("go_goroutines", "Goroutines that exist.", One(runtime.NumGoroutine()))
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) == nil {
		cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano())
		p.Counter("process_cpu_seconds_total", "Processor time of the process, of the user and of the system.", One(cpu.Seconds()))
	}
	if bytes, ok := resident(); ok {
		p.Gauge("process_resident_memory_bytes", "Memory of the process that is in use.", One(bytes))
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		p.Gauge("process_open_fds", "Files and connections that are open.", One(len(open)-1)) // without the folder itself
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		p.Gauge("process_max_fds", "Files and connections that may be open.", One(float64(limit.Cur)))
	}
}

// resident is how much memory the process has, where the system tells
// (https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html).
func resident() (int64, bool) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err == nil
}
