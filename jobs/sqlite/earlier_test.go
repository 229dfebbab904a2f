package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// A database that an earlier version wrote has everything that it had there.
func TestADatabaseOfAnEarlierVersionGoesOn(t *testing.T) {
	s := open(t, restore(t, "testdata/schema7.sql"), sqlite.Options{})
	ready, failed, running := jobs.ID("JKSSJMWGA4I3SUVPQELILIZJOK"), jobs.ID("3BDSV2JED63EUAXDWUZF4YGBAD"), jobs.ID("ZSIZ7MVDJY7TFBZ4ZUA7XZQM2X")
	canceled, queued := jobs.ID("KIUKYXZFRHMVA6DYN5BRZONKDE"), jobs.ID("S627ERLGXOVBCYFODVA7PEMD7Z")
	for id, want := range map[jobs.ID]struct {
		state jobs.State
		kinds string
		last  int64
	}{
		ready:    {jobs.Ready, "queued started ready", 3},
		failed:   {jobs.Failed, "queued started failed", 3},
		running:  {jobs.Running, "queued started warning progress progress", 45}, // the first progress and the newest
		canceled: {jobs.Canceled, "queued canceled", 2},
		queued:   {jobs.Queued, "queued", 1},
	} {
		j, err := s.Job(t.Context(), id)
		if err != nil || j.State != want.state || j.LastEvent != want.last {
			t.Errorf("%s: got %s with event %d, error %v, want %s with %d", id, j.State, j.LastEvent, err, want.state, want.last)
		}
		events, err := s.Events(t.Context(), id, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, e := range events {
			kinds = append(kinds, string(e.Kind))
		}
		if got := strings.Join(kinds, " "); got != want.kinds || events[len(events)-1].Seq != want.last {
			t.Errorf("%s: got %s, the last of them %d, want %s and %d", id, got, events[len(events)-1].Seq, want.kinds, want.last)
		}
	}
	if j, _ := s.Job(t.Context(), ready); j.File.Name != "shop-orders.csv" || j.File.Size != 19 || j.Expires.IsZero() {
		t.Errorf("got the file %+v until %v, want shop-orders.csv of 19 bytes until a time", j.File, j.Expires)
	}
	if j, _ := s.Job(t.Context(), failed); j.Failure.Code != "special_file" || !strings.HasPrefix(j.Failure.Message, "“pipe” is neither") {
		t.Errorf("got the failure %+v, want that of the pipe", j.Failure)
	}

	// New jobs come behind the old ones, whose keys still count.
	if j, existed, err := s.Submit(t.Context(), jobs.Spec{Source: "shop", Table: "orders", Format: "csv"}, store.SubmitOptions{Owner: "everybody", Key: "once"}); !existed || j.ID != queued || err != nil {
		t.Errorf("the key of then: got %s, existed %v, error %v, want %s", j.ID, existed, err, queued)
	}
	young, _, err := s.Submit(t.Context(), docs, store.SubmitOptions{Owner: "everybody"})
	if err != nil {
		t.Fatal(err)
	}
	page, _, err := s.List(t.Context(), store.Filter{})
	var listed []jobs.ID
	for _, j := range page {
		listed = append(listed, j.ID)
	}
	if want := []jobs.ID{young.ID, queued, canceled, running, failed, ready}; err != nil || !slices.Equal(listed, want) {
		t.Errorf("got the list %v, error %v, want %v", listed, err, want)
	}

	// The interrupted job goes on from its cursor, and its numbers grow.
	if n, err := s.Recover(t.Context(), "the server was started anew"); n != 1 || err != nil {
		t.Fatalf("Recover: got %d, error %v, want the one that was running", n, err)
	}
	l, err := s.Claim(t.Context(), "worker")
	if err != nil || l.Job.ID != running || !strings.HasPrefix(string(l.Cursor), `{"format":"tar","version":1`) {
		t.Fatalf("Claim: got %s with the cursor %.30q, error %v, want %s with that of then", l.Job.ID, l.Cursor, err, running)
	}
	events, err := s.Events(t.Context(), running, 45, 100)
	if err != nil || len(events) != 2 || events[0].Kind != jobs.KindRequeued || events[0].Seq <= 45 || events[1].Kind != jobs.KindStarted {
		t.Errorf("got %+v after the last event, error %v, want requeued and started", events, err)
	}
	for _, want := range []jobs.ID{queued, young.ID} {
		if l, err := s.Claim(t.Context(), "worker"); err != nil || l.Job.ID != want {
			t.Errorf("Claim: got %s, error %v, want %s", l.Job.ID, err, want)
		}
	}
}

// restore makes a database of what sqlite3 has dumped, and returns its path.
func restore(t *testing.T, dump string) (path string) {
	t.Helper()
	text, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "jobs.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(string(text))
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}
