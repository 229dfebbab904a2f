package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

// answers a request with text of that type.
func answers(status int, mediaType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func answersJob(status int, j jobs.Job) http.HandlerFunc {
	return answers(status, "application/json", string(wire.AppendJob(nil, j)))
}

func TestSubmit(t *testing.T) {
	want := jobs.Job{ID: id, State: jobs.Queued, LastEvent: 1, Created: began, Place: 2,
		Spec: jobs.Spec{Source: "docs", Paths: []string{"a b", "ü"}, Format: "zip", Options: map[string]string{"level": "store"}}}
	var body, key, kind string
	c, _ := serve(t, script{func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		body, key, kind = string(b), r.Header.Get("Idempotency-Key"), r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")
		answersJob(http.StatusCreated, want)(w, r)
	}})
	got, err := c.Submit(t.Context(), want.Spec, "k-1")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
	if want := `{"source":"docs","paths":["a b","ü"],"format":"zip","options":{"level":"store"}}`; body != want || key != "k-1" || kind != "POST /jobs application/json" {
		t.Errorf("got %q with %s and the key %q, want POST /jobs with %s and k-1", kind, body, key, want)
	}
	if _, err := c.Submit(t.Context(), want.Spec, ""); err != nil || key != "" {
		t.Errorf("got %v and the key %q, want none", err, key)
	}
}

func TestWhatIsDoneToAJob(t *testing.T) {
	want := jobs.Job{ID: id, State: jobs.Canceled, LastEvent: 4, Created: began, Reason: "enough"}
	var asked string
	c, _ := serve(t, script{func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.Path
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answersJob(http.StatusOK, want)(w, r)
	}})
	c.Base += "/" // makes no difference
	for name, call := range map[string]func() (jobs.Job, error){
		"GET /jobs/" + string(id):              func() (jobs.Job, error) { return c.Job(t.Context(), id) },
		"POST /jobs/" + string(id) + "/cancel": func() (jobs.Job, error) { return c.Cancel(t.Context(), id) },
		"POST /jobs/" + string(id) + "/retry":  func() (jobs.Job, error) { return c.Retry(t.Context(), id) },
		"DELETE /jobs/" + string(id):           func() (jobs.Job, error) { return want, c.Delete(t.Context(), id) },
	} {
		got, err := call()
		if err != nil || !reflect.DeepEqual(got, want) || asked != name {
			t.Errorf("got %q, %+v and %v, want %q and %+v", asked, got, err, name, want)
		}
	}
}

func TestNoAddressIsMadeOfWhatIsNoID(t *testing.T) {
	c, seen := serve(t, script{breaks})
	for _, bad := range []jobs.ID{"", "..", "../../../../../../../../..", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWX/Y"} {
		_, job := c.Job(t.Context(), bad)
		_, canceled := c.Cancel(t.Context(), bad)
		_, retried := c.Retry(t.Context(), bad)
		deleted := c.Delete(t.Context(), bad)
		fetched := c.Copy(t.Context(), io.Discard, jobs.Job{ID: bad, State: jobs.Ready}, nil)
		errs := []error{job, canceled, retried, deleted, fetched}
		for _, err := range c.Events(t.Context(), bad, 0) {
			errs = append(errs, err)
		}
		for i, err := range errs {
			if err == nil || !strings.Contains(err.Error(), "is not the id of an export") {
				t.Errorf("%q, call %d: got %v, want an error that says so", bad, i, err)
			}
		}
	}
	if seen.count() != 0 {
		t.Errorf("got %d requests, want none", seen.count())
	}
}

func TestListGoesThroughThePages(t *testing.T) {
	page := func(n int, next string) http.HandlerFunc {
		one := string(wire.AppendJob(nil, jobs.Job{ID: id, State: jobs.Ready, LastEvent: int64(n)}))
		return answers(http.StatusOK, "application/json", fmt.Sprintf(`{"jobs":[%s,%s],"next":%s}`, one, one, next))
	}
	c, seen := serve(t, script{page(1, `"/jobs?after=x%26y&state=ready"`), page(2, `null`), breaks})
	var got []int64
	for j, err := range c.List(t.Context(), jobs.Ready) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, j.LastEvent)
	}
	if want := []int64{1, 1, 2, 2}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for i, want := range []string{"state=ready", "after=x%26y&state=ready"} {
		if got := seen.requests[i].URL.RawQuery; got != want {
			t.Errorf("page %d: got %q, want %q", i, got, want)
		}
	}

	c, seen = serve(t, script{page(1, `"/jobs?after=x"`), problem(500)})
	for range c.List(t.Context(), "") {
		break
	}
	if seen.count() != 1 {
		t.Errorf("got %d requests for one job, want 1", seen.count())
	}
}

func TestSources(t *testing.T) {
	c, _ := serve(t, script{answers(http.StatusOK, "application/json", `{"sources":[
		{"name":"docs","kind":"folder","items":3,"bytes":null,"formats":[{"name":"zip","title":"ZIP archive","ext":".zip","type":"application/zip",
		 "options":[{"name":"level","title":"Level","default":"default","values":[{"value":"default","title":"Default"}]}]}],"urls":{"tree":"/sources/docs/tree"}}]}`)})
	three := int64(3)
	want := []client.Source{{Name: "docs", Kind: client.KindFolder, Items: &three, Formats: []client.Format{{Name: "zip", Title: "ZIP archive", Ext: ".zip", Type: "application/zip",
		Options: []client.Option{{Name: "level", Title: "Level", Default: "default", Values: []client.Choice{{Value: "default", Title: "Default"}}}}}}}}
	if got, err := c.Sources(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		server http.HandlerFunc
		want   client.Problem
		says   string
	}{
		"of the server": {problem(422), client.Problem{Status: 422, Code: "some_code", Detail: "Do something else.", Field: "paths"}, "paths: Do something else."},
		"with a wait":   {problem(503, "Retry-After", "12"), client.Problem{Status: 503, Code: "some_code", Detail: "Do something else.", Field: "paths", RetryAfter: 12 * time.Second}, "paths: Do something else."},
		"with a date": {problem(503, "Date", "Sat, 21 Nov 2026 10:00:00 GMT", "Retry-After", "Sat, 21 Nov 2026 10:01:30 GMT"),
			client.Problem{Status: 503, Code: "some_code", Detail: "Do something else.", Field: "paths", RetryAfter: 90 * time.Second}, "paths: Do something else."},
		"with a wait of no sense": {problem(503, "Retry-After", "-5"), client.Problem{Status: 503, Code: "some_code", Detail: "Do something else.", Field: "paths"}, "paths: Do something else."},
		"with a title alone":      {answers(403, "application/problem+json", `{"title":"Forbidden"}`), client.Problem{Status: 403, Detail: "Forbidden"}, "Forbidden"},
		"of a proxy":              {answers(502, "text/html", "<h1>Bad Gateway"), client.Problem{Status: 502}, "the server answered 502 Bad Gateway"},
		"that cannot be read":     {answers(500, "application/problem+json", "{"), client.Problem{Status: 500}, "the server answered 500 Internal Server Error"},
	} {
		t.Run(name, func(t *testing.T) {
			c1, seen := serve(t, script{c.server})
			_, err := c1.Job(t.Context(), id)
			var got *client.Problem
			if !errors.As(err, &got) || *got != c.want || got.Error() != c.says {
				t.Errorf("got %+v, %q, want %+v, %q", got, err, c.want, c.says)
			}
			if seen.count() != 1 {
				t.Errorf("got %d requests, want 1: what is asked once is not asked again", seen.count())
			}
		})
	}
}

func TestAnswersOfSomethingElse(t *testing.T) {
	for _, body := range []string{"<p>Hello", "{}", `{"id":"../x"}`, `[]`, `{"id":7}`} {
		c, _ := serve(t, script{answers(http.StatusOK, "application/json", body)})
		if _, err := c.Job(t.Context(), id); !errors.Is(err, client.ErrProtocol) {
			t.Errorf("%s: got %v of a job, want %v", body, err, client.ErrProtocol)
		}
	}
	for _, body := range []string{"<p>Hello", `{"jobs":[{}]}`, `{"jobs":[],"next":":"}`} {
		c, _ := serve(t, script{answers(http.StatusOK, "application/json", body)})
		for _, err := range c.List(t.Context(), "") {
			if !errors.Is(err, client.ErrProtocol) {
				t.Errorf("%s: got %v of the list, want %v", body, err, client.ErrProtocol)
			}
		}
	}
	c, _ := serve(t, script{answers(http.StatusOK, "application/json", `{"sources":{}}`)})
	if _, err := c.Sources(t.Context()); !errors.Is(err, client.ErrProtocol) {
		t.Errorf("got %v of the sources, want %v", err, client.ErrProtocol)
	}
}

func TestTheAddressOfAServer(t *testing.T) {
	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://host", "http://", "/jobs", "http://host/?a=b", "http://host/#x", "http://ho st", ":"} {
		c := &client.Client{Base: bad}
		if _, err := c.Sources(t.Context()); err == nil || !strings.Contains(err.Error(), "is not the address of a server") {
			t.Errorf("%q: got %v, want an error that says so", bad, err)
		}
	}
}

func TestParseJobURL(t *testing.T) {
	const job = "/jobs/" + string(id)
	for in, want := range map[string]string{
		"http://127.0.0.1:8080" + job:                "http://127.0.0.1:8080",
		"http://127.0.0.1:8080" + job + "/":          "http://127.0.0.1:8080",
		"https://[::1]:1" + job + "/events":          "https://[::1]:1",
		"http://h" + job + "/file":                   "http://h",
		"http://h" + job + "?x=y#z":                  "http://h",
		"https://u:p@h/a%20b/jobs/c" + job:           "https://u:p@h/a%20b/jobs/c",
		"http://h/jobs/abc":                          "",
		"http://h/jobs/":                             "",
		"http://h" + job + "/cancel":                 "",
		"http://h/other/" + string(id):               "",
		job:                                          "",
		"h" + job:                                    "",
		"file://" + job:                              "",
		"docs":                                       "",
		"http://h/jobs/..%2FEFGHIJKLMNOPQRSTUVWXYZ2": "",
	} {
		base, got, err := client.ParseJobURL(in)
		if want == "" {
			if err == nil {
				t.Errorf("%s: got %q and %q, want an error", in, base, got)
			}
			continue
		}
		if err != nil || base != want || got != id {
			t.Errorf("%s: got %q, %q and %v, want %q and %q", in, base, got, err, want, id)
		}
		back, got, err := client.ParseJobURL((&client.Client{Base: base + "/"}).JobURL(id))
		if err != nil || back != base || got != id {
			t.Errorf("%s: got back %q, %q and %v", in, back, got, err)
		}
	}
}
