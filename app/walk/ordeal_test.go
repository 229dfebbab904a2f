package walk_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// An ordeal is what a server is doing when it dies, and what must be the case
// when another has gone on.
type ordeal struct {
	name  string
	first string                                        // at which it died before; "": it did not
	flags func(t *testing.T) []string                   // the same each time
	spec  string                                        // of its one job
	then  func(s *server, in *afterwards) error         // after the job is ready; nil: nothing
	check func(t *testing.T, s *server, in *afterwards) // with another server
}

// afterwards is what is known when another server runs.
type afterwards struct {
	data       string   // its folder
	spec, want string   // of the job, and the hash of its file
	id         string   // under which it was accepted; "": nobody knows
	others     []string // jobs that were asked for later
	seen       []event  // of the job, before
}

func (o ordeal) after(point string) ordeal {
	o.first = point
	return o
}

var (
	making   = ordeal{name: "making an archive", flags: docsFlags, spec: spec("docs", "zip"), check: checkMade}
	tabling  = ordeal{name: "making a table", flags: shopFlags, spec: spec("shop", "csv", `"table":"orders"`), check: checkMade}
	freezing = ordeal{name: "freezing a table", flags: freezeFlags, spec: spec("shop", "jsonl", `"table":"orders"`), check: checkMade}
	reusing  = ordeal{name: "answering with a file that is there", flags: reuseFlags, spec: spec("docs", "zip"), then: askTwice, check: checkTwo}
	deleting = ordeal{name: "deleting", flags: docsFlags, spec: spec("docs", "tar", `"paths":["many"]`), then: deleteJob, check: checkDeleted}
	expiring = ordeal{name: "letting expire", flags: briefFlags, spec: spec("docs", "tar", `"paths":["many"]`), then: awaitExpiry, check: checkExpired}
)

// The work takes some 200 ms, in which it is saved a few times.
var pace = []string{"-checkpoint=30ms", "-throttle=20000000", "-attempts=100"}

func docsFlags(t *testing.T) []string {
	return append([]string{"-source", "docs=" + docsOnce(t)}, pace...)
}
func briefFlags(t *testing.T) []string  { return append(docsFlags(t), "-retain=200ms") }
func reuseFlags(t *testing.T) []string  { return append(docsFlags(t), "-reuse") }
func freezeFlags(t *testing.T) []string { return append(shopFlags(t), "-freeze=1000") }
func shopFlags(t *testing.T) []string {
	return append([]string{"-source", "shop=sqlite:" + shopOnce(t)}, pace...)
}

// endure has a server die at the hit-th time that it comes to point, and holds
// the next one to what the first has promised. It reports whether it died.
func (o ordeal) endure(t *testing.T, point string, hit int) bool {
	in := &afterwards{data: t.TempDir(), spec: o.spec, want: o.calm(t)}
	flags := append(o.flags(t), "-data", in.data)
	if o.first != "" && !o.live(t, in, flags, o.first+"=kill") {
		t.Fatalf("the server never came to %s", o.first)
	}
	if !o.live(t, in, flags, fmt.Sprintf("%s=kill:%d", point, hit)) {
		return false
	}
	s := prepare(t, flags...)
	s.start()
	o.check(t, s, in)
	checkDisk(t, in.data, append(in.others, in.id))
	return true
}

// live runs a server with a failpoint through the ordeal, as far as it comes,
// and reports whether it died of it.
func (o ordeal) live(t *testing.T, in *afterwards, flags []string, failpoint string) (died bool) {
	t.Helper()
	s := prepare(t, flags...)
	s.bin, s.env = failing(t), []string{"CARRYOUT_FAILPOINT=" + failpoint}
	if s.try() != nil {
		return killedItself(s)
	}
	o.use(s, in)
	s.cmd.Process.Signal(syscall.SIGTERM) // it may be dead already
	err := <-s.done
	s.done <- err
	return killedItself(s)
}

func killedItself(s *server) bool {
	status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// use asks for the job, or asks again, follows it to its end, and does what
// comes then. Each step may be the last of the server.
func (o ordeal) use(s *server, in *afterwards) {
	resp, body, err := s.ask("POST", "/jobs", o.spec, "Idempotency-Key", "once")
	if err != nil {
		return
	}
	in.accept(s.t, resp, body)
	st, err := s.listen("/jobs/"+in.id+"/events", lastID(in.seen))
	if err != nil {
		return
	}
	for {
		e, err := st.next()
		if err != nil {
			break
		}
		in.seen = append(in.seen, e)
	}
	if len(in.seen) > 0 && in.seen[len(in.seen)-1].name == "ready" && o.then != nil {
		if err := o.then(s, in); err != nil {
			s.t.Log(err)
		}
	}
}

// accept notes the job of an answer. It must be the one that was promised.
func (in *afterwards) accept(t *testing.T, resp *http.Response, body []byte) {
	t.Helper()
	if resp.StatusCode != http.StatusCreated && resp.StatusCode != http.StatusOK {
		t.Fatalf("got %s: %s", resp.Status, body)
	}
	id := parse(t, body).text("id")
	if in.id != "" && (id != in.id || resp.StatusCode != http.StatusOK) {
		t.Errorf("got %s and the job %s, want 200 and %s, which was accepted before", resp.Status, id, in.id)
	}
	in.id = id
}

// checkMade asks for the job once more: there is one, which becomes ready, with
// the right bytes, and those who followed it before have been told the truth.
func checkMade(t *testing.T, s *server, in *afterwards) {
	t.Helper()
	resp, body := s.call("POST", "/jobs", in.spec, "Idempotency-Key", "once")
	in.accept(t, resp, body)
	checkFile(t, s, s.ready(in.id), in.want)
	path := "/jobs/" + in.id + "/events"
	history := s.follow(path, "").rest()
	checkOneEnd(t, in.id, history)
	checkToldTheSame(t, in.id, in.seen, history)
	checkHistory(t, append(slices.Clone(in.seen), s.follow(path, lastID(in.seen)).rest()...))
	if list, ok := s.get("/jobs").at("jobs").([]any); !ok || len(list) != 1 {
		t.Errorf("got %d jobs, want one", len(list))
	}
}

// askTwice asks for the same once more, which is a job of its own.
func askTwice(s *server, in *afterwards) error {
	_, _, err := s.ask("POST", "/jobs", in.spec, "Idempotency-Key", "twice")
	return err
}

// checkTwo asks for both again: there are two, and each has its file.
func checkTwo(t *testing.T, s *server, in *afterwards) {
	t.Helper()
	for _, key := range []string{"once", "twice"} {
		_, body := s.call("POST", "/jobs", in.spec, "Idempotency-Key", key)
		id := parse(t, body).text("id")
		checkFile(t, s, s.ready(id), in.want)
		checkOneEnd(t, id, s.follow("/jobs/"+id+"/events", "").rest())
		in.others = append(in.others, id)
	}
	if list, ok := s.get("/jobs").at("jobs").([]any); !ok || len(list) != 2 || !slices.Contains(in.others, in.id) {
		t.Errorf("got %d jobs, want two, and %s among them", len(list), in.id)
	}
}

func deleteJob(s *server, in *afterwards) error {
	_, _, err := s.ask("DELETE", "/jobs/"+in.id, "")
	return err
}

// checkDeleted wants the job to be gone, or to be deleted yet.
func checkDeleted(t *testing.T, s *server, in *afterwards) {
	t.Helper()
	if resp, body := s.call("DELETE", "/jobs/"+in.id, ""); resp.StatusCode != http.StatusNoContent && resp.StatusCode != http.StatusNotFound {
		t.Errorf("got %s: %s", resp.Status, body)
	}
	checkNothingLeft(t, in)
}

// awaitExpiry waits until a job has lost its file, or the server its life.
func awaitExpiry(s *server, in *afterwards) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		resp, _, err := s.ask("GET", "/jobs/"+in.id+"/file", "")
		if err != nil || resp.StatusCode == http.StatusGone {
			return err
		}
	}
	return fmt.Errorf("job %s does not expire", in.id)
}

func checkExpired(t *testing.T, s *server, in *afterwards) {
	t.Helper()
	if err := awaitExpiry(s, in); err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(patience); s.get("/jobs/"+in.id).text("state") != "expired"; {
		if time.Now().After(deadline) {
			t.Fatal("the job is not expired")
		}
	}
	s.stop(syscall.SIGTERM) // whatever is being removed is removed
	checkNothingLeft(t, in)
}

// checkNothingLeft wants no file at all.
func checkNothingLeft(t *testing.T, in *afterwards) {
	t.Helper()
	checkDisk(t, in.data, nil)
}

// calm is the hash of the file when nothing goes wrong.
func (o ordeal) calm(t *testing.T) string {
	t.Helper()
	calms.Lock()
	defer calms.Unlock()
	if calms.hashes[o.spec] == "" {
		s := start(t, o.flags(t)...)
		calms.hashes[o.spec] = s.ready(s.submit(o.spec).text("id")).text("file", "sha256")
		s.kill()
	}
	return calms.hashes[o.spec]
}

// calms are made once, by spec.
var calms = struct {
	sync.Mutex
	hashes map[string]string
}{hashes: make(map[string]string)}
