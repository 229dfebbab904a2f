// Package walk goes the whole way with the real program: the binary is built
// and started, asked over HTTP and in a real browser, and killed.
//
// It uses nothing of the server's own code to judge it: JSON is read as any
// program would read it, and files are opened by the tools that people have.
package walk_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take before it counts as stuck.
const patience = 60 * time.Second

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "carryout-walk-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "carryout")
	build := exec.Command("go", "build", "-race", "-o", binary, "../cmd/carryout")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or the end of each program takes a second more
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// server is the real program, serving.
type server struct {
	t    *testing.T
	args []string
	bin  string   // which program; "": the one under test
	env  []string // beside that of the test
	attr *syscall.SysProcAttr
	cmd  *exec.Cmd
	url  string
	log  bytes.Buffer // what it writes to stderr; read it only after it has ended
	done chan error
}

// start starts a server on a free port. Without -data among args it has a
// folder of its own.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	if !strings.Contains(strings.Join(args, " "), "-data ") {
		args = append(args, "-data", t.TempDir())
	}
	s := prepare(t, args...)
	s.start()
	return s
}

// prepare makes a server that is yet to be started.
func prepare(t *testing.T, args ...string) *server {
	s := &server{t: t, args: append([]string{"serve", "-addr", "127.0.0.1:0"}, args...)}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log.String())
		}
		if strings.Contains(s.log.String(), "DATA RACE") {
			t.Errorf("the server raced:\n%s", s.log.String())
		}
	})
	return s
}

func (s *server) start() {
	s.t.Helper()
	if err := s.try(); err != nil {
		s.t.Fatal(err)
	}
}

// try starts the server and waits until it listens.
func (s *server) try() error {
	s.cmd = exec.Command(cmp.Or(s.bin, binary), s.args...)
	s.cmd.Env, s.cmd.SysProcAttr = append(os.Environ(), s.env...), s.attr
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.cmd.Wait()
		return fmt.Errorf("the server did not start: %w\n%s", err, s.log.String())
	}
	s.url = strings.TrimSpace(line[strings.Index(line, "http"):])
	s.done = make(chan error, 1)
	go func() { s.done <- s.cmd.Wait() }()
	return nil
}

// restart starts the server again, on the same data and the same port.
func (s *server) restart() {
	s.t.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	s.args[2] = u.Host
	for deadline := time.Now().Add(patience); ; { // another test may have the port for a moment
		err := s.try()
		if err == nil {
			return
		}
		if !strings.Contains(s.log.String(), "address already in use") || time.Now().After(deadline) {
			s.t.Fatal(err)
		}
		s.log.Reset()
	}
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	if s.done == nil {
		return // it has never run
	}
	s.cmd.Process.Kill()
	<-s.done
	s.done <- nil // so that it can be killed twice
}

// stop ends the server as an operator would and returns its exit status.
func (s *server) stop(sig syscall.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	select {
	case err := <-s.done:
		s.done <- err
	case <-time.After(patience):
		s.t.Fatal("the server does not stop")
	}
	return s.cmd.ProcessState.ExitCode()
}

// object is a JSON object.
type object map[string]any

// at returns what lies at a path of names, or nil.
func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (o object) text(path ...string) string {
	s, _ := o.at(path...).(string)
	return s
}

func (o object) number(path ...string) float64 {
	n, _ := o.at(path...).(float64)
	return n
}

// call sends a request and returns the answer with its body read.
func (s *server) call(method, path, body string, header ...string) (*http.Response, []byte) {
	s.t.Helper()
	resp, b, err := s.ask(method, path, body, header...)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, b
}

// ask is call for a server that may die of it.
func (s *server) ask(method, path, body string, header ...string) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	resp, err := noRedirect.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, b, err
}

var noRedirect = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// get returns the JSON at a path, which must be there.
func (s *server) get(path string) object {
	s.t.Helper()
	resp, b := s.call("GET", path, "")
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: got %s: %s", path, resp.Status, b)
	}
	return parse(s.t, b)
}

func parse(t *testing.T, b []byte) (o object) {
	t.Helper()
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatalf("got %q, want JSON: %v", b, err)
	}
	return o
}

// submit asks for an export and returns its job.
func (s *server) submit(spec string) object {
	s.t.Helper()
	resp, b := s.call("POST", "/jobs", spec)
	if resp.StatusCode != http.StatusCreated {
		s.t.Fatalf("POST /jobs %s: got %s: %s", spec, resp.Status, b)
	}
	return parse(s.t, b)
}

// event is one frame of a stream.
type event struct{ id, name, data string }

func (e event) json(t *testing.T) object { return parse(t, []byte(e.data)) }

// stream is an open event stream.
type stream struct {
	t    *testing.T
	resp *http.Response
	in   *bufio.Reader
}

// follow opens a stream, after the event lastID if that is not empty.
func (s *server) follow(path, lastID string) *stream {
	s.t.Helper()
	st, err := s.listen(path, lastID)
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}

// listen is follow for a server that may die of it.
func (s *server) listen(path, lastID string) (*stream, error) {
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.url+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	s.t.Cleanup(func() { resp.Body.Close() })
	return &stream{s.t, resp, bufio.NewReader(resp.Body)}, nil
}

// next returns the next event, or io.EOF at the end of the stream.
func (st *stream) next() (e event, err error) {
	for {
		line, err := st.in.ReadString('\n')
		if err != nil {
			return event{}, err
		}
		line = strings.TrimSuffix(line, "\n")
		field, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "" && e.name != "":
			return e, nil
		case field == "id":
			e.id = value
		case field == "event":
			e.name = value
		case field == "data":
			e.data += value
		}
	}
}

// rest returns all events to the end of the stream.
func (st *stream) rest() (all []event) {
	st.t.Helper()
	for {
		e, err := st.next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			st.t.Fatalf("after %d events: %v", len(all), err)
		}
		all = append(all, e)
	}
}

// finish follows a job to its end and returns it.
func (s *server) finish(id string) object {
	s.t.Helper()
	s.follow("/jobs/"+id+"/events", "").rest()
	return s.get("/jobs/" + id)
}

// ready follows a job that must become ready.
func (s *server) ready(id string) object {
	s.t.Helper()
	j := s.finish(id)
	if j.text("state") != "ready" {
		s.t.Fatalf("got %v, want a job that is ready", j)
	}
	return j
}

// run runs a program and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	need(t, name)
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// need skips a test on a machine without a program, and fails it where
// everything must be there.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("CARRYOUT_TEST_ALL") != "" {
		t.Fatalf("%s is missing: %v", program, err)
	}
	t.Skipf("%s is not installed", program)
	return ""
}

// lines makes a spec of a source's format and more fields.
func spec(source, format string, more ...string) string {
	fields := []string{fmt.Sprintf(`"source":%q`, source), fmt.Sprintf(`"format":%q`, format)}
	return "{" + strings.Join(append(fields, more...), ",") + "}"
}

// runBinary runs the program under test and returns all that it prints.
func runBinary(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
	return string(out), err
}
