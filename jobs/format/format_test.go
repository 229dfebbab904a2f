package format_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/format"
)

func TestEveryFormatIsWhole(t *testing.T) {
	names := map[string]bool{}
	for _, f := range format.All() {
		if names[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		names[f.Name] = true
		if f.Title == "" || f.Hint == "" || f.Ext != "."+f.Name || f.Media == "" || f.Version < 1 {
			t.Errorf("%s: got %+v, want every field set", f.Name, f)
		}
		if (f.Files == nil) == (f.Rows == nil) {
			t.Errorf("%s: want exactly one of Files and Rows", f.Name)
		}
		for _, o := range f.Options {
			if o.Title == "" || len(o.Values) < 2 || f.Check(map[string]string{o.Name: o.Default}) != nil {
				t.Errorf("%s: got the option %+v, want a title, choices, and a default among them", f.Name, o)
			}
		}
	}
	if _, found := format.Find(format.All(), "rar"); found {
		t.Error("a format was found that does not exist")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, c := range []struct {
		options map[string]string
		field   string
		code    string
	}{
		{nil, "", ""},
		{map[string]string{"level": "smallest"}, "", ""},
		{map[string]string{"level": "best"}, "options.level", "unknown_value"},
		{map[string]string{"level": ""}, "options.level", "unknown_value"},
		{map[string]string{"Level": "store"}, "options.Level", "unknown_option"},
		{map[string]string{"level": "store", "header": "yes"}, "options.header", "unknown_option"},
	} {
		err := find(t, "zip").Check(c.options)
		if c.field == "" {
			if err != nil {
				t.Errorf("got %v for %v, want nothing", err, c.options)
			}
			continue
		}
		var spec *jobs.SpecError
		if !errors.As(err, &spec) || spec.Field != c.field || spec.Code != c.code || spec.Message == "" {
			t.Errorf("got %#v for %v, want %s at %s", err, c.options, c.code, c.field)
		}
	}
}

func TestOptionsAreCompletedWithDefaults(t *testing.T) {
	chosen := map[string]string{"delimiter": "tab"}
	got := find(t, "csv").Complete(chosen)
	want := map[string]string{"header": "yes", "delimiter": "tab", "bom": "no", "formulas": "keep", "blobs": "hex"}
	if !maps.Equal(got, want) || len(chosen) != 1 {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFileNames(t *testing.T) {
	for _, c := range []struct {
		spec   jobs.Spec
		format string
		want   string
	}{
		{jobs.Spec{Source: "docs"}, "zip", "docs.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{"reports/2026"}}, "zip", "2026.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{"reports/2026/"}}, "tar.gz", "2026.tar.gz"},
		{jobs.Spec{Source: "docs", Paths: []string{""}}, "zip", "docs.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{"a", "b"}}, "tar.zst", "docs.tar.zst"},
		{jobs.Spec{Source: "docs", Paths: []string{"Größe/日本 🚚"}}, "zip", "日本 🚚.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{"a/b\x00\n\xff\u202e\"c"}}, "zip", "b_____c.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{`a\..\b:c*?<>|`}}, "zip", "a_.._b_c_____.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{".hidden. "}}, "zip", "hidden.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{"-rf"}}, "zip", "_-rf.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{"con"}}, "zip", "_con.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{"com1.x"}}, "zip", "_com1.x.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{"coming"}}, "zip", "coming.zip"},
		{jobs.Spec{Source: "docs", Paths: []string{strings.Repeat("ü", 500)}}, "zip", strings.Repeat("ü", 58) + ".zip"},
		{jobs.Spec{Source: "docs", Paths: []string{"con." + strings.Repeat("x", 500)}}, "zip", "_con." + strings.Repeat("x", 111) + ".zip"},
		{jobs.Spec{Source: "shop", Table: "orders"}, "csv", "shop-orders.csv"},
		{jobs.Spec{Source: "shop", Table: "a/b"}, "jsonl", "shop-a_b.jsonl"},
		{jobs.Spec{}, "zip", "export.zip"},
	} {
		got := format.FileName(c.spec, find(t, c.format))
		if got != c.want || len(got) > 120 {
			t.Errorf("got %q for %+v, want %q", got, c.spec, c.want)
		}
	}
}
