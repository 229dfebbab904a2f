package wire_test

import (
	"testing"
	"time"

	"example.org/carryout/jobs/wire"
)

func TestFrames(t *testing.T) {
	before := []byte("x\n\n")
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"all of it":           {wire.AppendFrame(before, "evt-1", "note", "hello"), "x\n\nid: evt-1\nevent: note\ndata: hello\n\n"},
		"data alone":          {wire.AppendFrame(nil, "", "", "hello"), "data: hello\n\n"},
		"no data":             {wire.AppendFrame(nil, "1", "", ""), "id: 1\ndata: \n\n"},
		"each line a field":   {wire.AppendFrame(nil, "", "", "a\r\nb\rc\n\nd\n"), "data: a\ndata: b\ndata: c\ndata: \ndata: d\ndata: \n\n"},
		"no field from data":  {wire.AppendFrame(nil, "", "", "a\nid: 7"), "data: a\ndata: id: 7\n\n"},
		"a space that counts": {wire.AppendFrame(nil, "", "", " a"), "data:  a\n\n"},
		"a comment":           {wire.AppendComment(before, "connected"), "x\n\n: connected\n\n"},
		"a wait":              {wire.AppendRetry(before, 2*time.Second), "x\n\nretry: 2000\n\n"},
	} {
		if string(c.got) != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

func TestTheFeedKeepsItsPromise(t *testing.T) {
	got := string(wire.AppendStats(nil, wire.Stats{Connected: 1, Queued: 2, Running: 3, Ready: 4, Rate: 5}))
	if want := `{"connected":1,"queued":2,"running":3,"ready":4,"rate":5}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got = string(wire.AppendDeleted(nil, id))
	if want := `{"id":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","deleted":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
