package views_test

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"example.org/carryout/views"
	"example.org/carryout/views/words"
)

// An element of a page, with what it stands in.
type element struct {
	name   string
	attrs  map[string]string
	parent *element
	text   string
}

func (e *element) within(name string) *element {
	for ; e != nil; e = e.parent {
		if e.name == name {
			return e
		}
	}
	return nil
}

// parse reads a page, strictly: what is opened is closed, but for the elements
// that HTML says are empty, and every attribute stands once.
func parse(t *testing.T, page []byte) []*element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(page)))
	d.Strict, d.Entity = false, xml.HTMLEntity
	d.AutoClose = []string{"meta", "link", "input", "br"}
	var all []*element
	var at *element
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			at = &element{name: tok.Name.Local, attrs: map[string]string{}, parent: at}
			for _, a := range tok.Attr {
				if _, twice := at.attrs[a.Name.Local]; twice {
					t.Errorf("<%s>: got the attribute %s twice", at.name, a.Name.Local)
				}
				at.attrs[a.Name.Local] = a.Value
			}
			all = append(all, at)
		case xml.EndElement:
			if at == nil || at.name != tok.Name.Local {
				t.Fatalf("got </%s> within %v", tok.Name.Local, at)
			}
			at = at.parent
		case xml.CharData:
			if at != nil {
				at.text += string(tok)
			}
		}
	}
	if at != nil {
		t.Errorf("<%s> is never closed", at.name)
	}
	return all
}

func TestPagesAreWhole(t *testing.T) {
	for name, page := range pages() {
		t.Run(name, func(t *testing.T) {
			all := parse(t, render(t, page))
			ids := map[string]bool{}
			labeled := map[string]bool{}
			headings := 0
			for _, e := range all {
				if id := e.attrs["id"]; id != "" {
					if ids[id] {
						t.Errorf("got the id %q twice", id)
					}
					ids[id] = true
				}
				if e.name == "label" {
					labeled[e.attrs["for"]] = true
				}
				if e.name == "h1" {
					headings++
				}
			}
			if headings != 1 {
				t.Errorf("got %d headings of the first rank, want 1", headings)
			}
			for _, e := range all {
				for _, attr := range []string{"for", "aria-labelledby", "aria-describedby"} {
					if id := e.attrs[attr]; id != "" && !ids[id] {
						t.Errorf("<%s %s=%q>: nothing has that id", e.name, attr, id)
					}
				}
				checkPolicy(t, e)
				checkControl(t, e, labeled)
			}
		})
	}
}

// checkPolicy finds what the content security policy would refuse.
func checkPolicy(t *testing.T, e *element) {
	t.Helper()
	if e.name == "style" || e.name == "script" && (e.attrs["src"] == "" || strings.TrimSpace(e.text) != "") {
		t.Errorf("got an inline <%s>", e.name)
	}
	for attr, value := range e.attrs {
		if attr == "style" || strings.HasPrefix(attr, "on") {
			t.Errorf("<%s>: got the attribute %s", e.name, attr)
		}
		if slices.Contains([]string{"href", "src", "action", "formaction"}, attr) && !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "#") {
			t.Errorf("<%s>: got the address %q, want one of this server", e.name, value)
		}
	}
}

// checkControl finds what a person who hears the page could not make out.
func checkControl(t *testing.T, e *element, labeled map[string]bool) {
	t.Helper()
	switch e.name {
	case "input", "select":
		if e.attrs["type"] != "hidden" && e.within("label") == nil && !labeled[e.attrs["id"]] {
			t.Errorf("<%s name=%q> has no label", e.name, e.attrs["name"])
		}
	case "button":
		if strings.TrimSpace(e.text) == "" {
			t.Errorf("<button name=%q value=%q> has no text", e.attrs["name"], e.attrs["value"])
		}
		if e.within("form") == nil {
			t.Errorf("<button>%s</button> is in no form, so it does nothing without a script", e.text)
		}
	case "progress":
		if e.attrs["aria-label"] == "" {
			t.Error("<progress> has no label")
		}
	case "svg":
		if e.attrs["aria-hidden"] != "true" && e.attrs["aria-label"] == "" {
			t.Error("<svg> is neither hidden nor named")
		}
	case "fieldset":
		if e.attrs["aria-labelledby"] == "" {
			t.Error("<fieldset> has no name")
		}
	}
}

func TestEveryLiveTextHasAPlaceThatTheClientKnows(t *testing.T) {
	known := map[string]bool{}
	words.Live{}.Each(func(key, _ string) { known[key] = true })
	met := map[string]bool{}
	for name, page := range pages() {
		for _, e := range parse(t, render(t, page)) {
			key, live := e.attrs["data-live"]
			if !live {
				continue
			}
			met[key] = true
			if !known[key] {
				t.Errorf("%s: got data-live=%q, which no text has", name, key)
			}
			owner := e
			for owner != nil && owner.attrs["data-job"] == "" {
				owner = owner.parent
			}
			if owner == nil {
				t.Errorf("%s: data-live=%q belongs to no job", name, key)
			}
		}
	}
	for key := range known {
		if !met[key] {
			t.Errorf("no page has a place for %q", key)
		}
	}
}

func TestOnlyAJobThatMovesIsLookedAtAgainWithoutAClient(t *testing.T) {
	for name, want := range map[string]bool{"job-waiting": true, "job-running": true, "job-ready": false, "job-failed": false, "jobs": false} {
		got := strings.Contains(string(render(t, pages()[name])), `http-equiv="refresh"`)
		if got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestTheLogLeavesOutProgress(t *testing.T) {
	lines := views.Log(history(ready()))
	var got []int64
	for _, l := range lines {
		got = append(got, l.Seq)
	}
	if want := []int64{1, 2, 9, 41}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := lines[0].Clock+" "+lines[0].Text, "02:11:04 accepted, next in the queue"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
