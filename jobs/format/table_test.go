package format_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
)

// manyRows returns n rows of mixed values.
func manyRows(n int) rows {
	r := rows{columns: []string{"id", "name", "total", "note", "blob"}}
	for i := range n {
		row := []source.Value{int64(i), fmt.Sprintf("name %d", i), float64(i) / 7, nil, []byte{byte(i), 0, 255}}
		if i%3 == 0 {
			row[3] = "with \"quotes\",\r\nlines and 日本語"
		}
		if i%1000 == 999 {
			row[1] = "not\xff UTF-8"
		}
		r.values = append(r.values, row)
	}
	return r
}

// value is one value in each format.
type value struct {
	name      string
	in        source.Value
	csv, json string
}

func values() []value {
	return []value{
		{"NULL", nil, ``, `null`},
		{"the empty text", "", `""`, `""`},
		{"text", "plain text", `plain text`, `"plain text"`},
		{"text with spaces at its ends", " a ", ` a `, `" a "`},
		{"a comma", "a,b", `"a,b"`, `"a,b"`},
		{"other delimiters", "a;b\tc", "a;b\tc", `"a;b\tc"`},
		{"quotes", `say "hi"`, `"say ""hi"""`, `"say \"hi\""`},
		{"only quotes", `""`, `""""""`, `"\"\""`},
		{"line breaks", "a\nb\r\nc\rd", "\"a\nb\r\nc\rd\"", `"a\nb\r\nc\rd"`},
		{"Unicode", "Grüße, 日本 🚚", `"Grüße, 日本 🚚"`, `"Grüße, 日本 🚚"`},
		{"separators of JavaScript", "a\u2028b\u2029", "a\u2028b\u2029", `"a\u2028b\u2029"`},
		{"markup", `<a href='x'>&\`, `<a href='x'>&\`, `"<a href='x'>&\\"`},
		{"control characters", "\x00\b\f\x1f\x7f", "\x00\b\f\x1f\x7f", `"\u0000\b\f\u001f` + "\x7f\""},
		{"text that is not UTF-8", "a\xff\xfeb\xe6\x97", "a\uFFFD\uFFFDb\uFFFD\uFFFD", `"a\ufffd\ufffdb\ufffd\ufffd"`},
		{"U+FFFD itself", "\uFFFD", "\uFFFD", "\"\uFFFD\""},
		{"a formula", "=1+1", `=1+1`, `"=1+1"`},
		{"integers", int64(-42), `-42`, `-42`},
		{"the largest integer", int64(math.MaxInt64), `9223372036854775807`, `9223372036854775807`},
		{"the smallest integer", int64(math.MinInt64), `-9223372036854775808`, `-9223372036854775808`},
		{"zero", 0.0, `0.0`, `0.0`},
		{"zero below zero", math.Copysign(0, -1), `-0.0`, `-0.0`},
		{"a whole number that is no integer", 1.0, `1.0`, `1.0`},
		{"a fraction", 0.1, `0.1`, `0.1`},
		{"many digits", 1.0 / 3, `0.3333333333333333`, `0.3333333333333333`},
		{"a large number", 1e300, `1e300`, `1e300`},
		{"the largest number", math.MaxFloat64, `1.7976931348623157e308`, `1.7976931348623157e308`},
		{"a small number", -2.5e-7, `-2.5e-7`, `-2.5e-7`},
		{"the smallest number", math.SmallestNonzeroFloat64, `5e-324`, `5e-324`},
		{"just without exponent", 123456789012345680000.0, `123456789012345680000.0`, `123456789012345680000.0`},
		{"infinity", math.Inf(1), `Infinity`, `null`},
		{"infinity below zero", math.Inf(-1), `-Infinity`, `null`},
		{"no number", math.NaN(), `NaN`, `null`},
		{"a blob", []byte{0, 0xab, 0xff}, `00abff`, `"AKv/"`},
		{"an empty blob", []byte{}, `""`, `""`},
	}
}

func TestValuesInCSV(t *testing.T) {
	for _, v := range values() {
		r := export(t, "csv", nil, row(v.in, int64(7)))
		if got, want := string(r.bytes), "first,second\r\n"+v.csv+",7\r\n"; got != want {
			t.Errorf("%s: got %q, want %q", v.name, got, want)
		}
	}
}

func TestValuesInJSONL(t *testing.T) {
	for _, v := range values() {
		r := export(t, "jsonl", nil, row(v.in, int64(7)))
		if got, want := string(r.bytes), `{"first":`+v.json+`,"second":7}`+"\n"; got != want {
			t.Errorf("%s: got %q, want %q", v.name, got, want)
		}
	}
}

func row(values ...source.Value) source.Data {
	return source.Data{Rows: rows{columns: []string{"first", "second"}, values: [][]source.Value{values}}}
}

func TestOptionsOfTables(t *testing.T) {
	big := int64(1<<53 + 1)
	for _, c := range []struct {
		format, option, value string
		row                   []source.Value
		want                  string
	}{
		{"csv", "header", "no", []source.Value{"a", "b"}, "a,b\r\n"},
		{"csv", "bom", "yes", []source.Value{"a", "b"}, "\uFEFFfirst,second\r\na,b\r\n"},
		{"csv", "delimiter", "semicolon", []source.Value{"a;b", "a,b"}, "first;second\r\n\"a;b\";a,b\r\n"},
		{"csv", "delimiter", "tab", []source.Value{"a\tb", "a,b"}, "first\tsecond\r\n\"a\tb\"\ta,b\r\n"},
		{"csv", "blobs", "base64", []source.Value{[]byte{0, 0xab, 0xff}, []byte{}}, "first,second\r\nAKv/,\"\"\r\n"},
		{"csv", "formulas", "escape", []source.Value{"=1+1", "+1"}, "first,second\r\n'=1+1,'+1\r\n"},
		{"csv", "formulas", "escape", []source.Value{"@x", "\tx"}, "first,second\r\n'@x,'\tx\r\n"},
		{"csv", "formulas", "escape", []source.Value{"\rx", `=cmd|",`}, "first,second\r\n\"'\rx\",\"'=cmd|\"\",\"\r\n"},
		{"csv", "formulas", "escape", []source.Value{int64(-1), -1.5}, "first,second\r\n-1,-1.5\r\n"},
		{"csv", "formulas", "escape", []source.Value{"", nil}, "first,second\r\n\"\",\r\n"},
		{"csv", "formulas", "escape", []source.Value{"a=1", "'=1"}, "first,second\r\na=1,'=1\r\n"},
		{"jsonl", "blobs", "hex", []source.Value{[]byte{0, 0xab, 0xff}, []byte{}}, `{"first":"00abff","second":""}` + "\n"},
		{"jsonl", "bigints", "string", []source.Value{big, -big}, `{"first":"9007199254740993","second":"-9007199254740993"}` + "\n"},
		{"jsonl", "bigints", "string", []source.Value{big - 1, 1 - big}, `{"first":9007199254740992,"second":-9007199254740992}` + "\n"},
	} {
		r := export(t, c.format, map[string]string{c.option: c.value}, row(c.row...))
		if got := string(r.bytes); got != c.want {
			t.Errorf("%s with %s=%s: got %q, want %q", c.format, c.option, c.value, got, c.want)
		}
	}
}

func TestColumnNamesMayBeAnything(t *testing.T) {
	in := rows{columns: []string{`a "b", c`, "ü\n", ""}, values: [][]source.Value{{int64(1), nil, "x"}}}
	if got, want := string(export(t, "csv", nil, source.Data{Rows: in}).bytes), "\"a \"\"b\"\", c\",\"ü\n\",\"\"\r\n1,,x\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := string(export(t, "jsonl", nil, source.Data{Rows: in}).bytes), `{"a \"b\", c":1,"ü\n":null,"":"x"}`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestATableWithoutRows(t *testing.T) {
	in := source.Data{Rows: rows{columns: []string{"a", "b"}}}
	if got := string(export(t, "csv", nil, in).bytes); got != "a,b\r\n" {
		t.Errorf("got %q, want the header", got)
	}
	if got := string(export(t, "jsonl", nil, in).bytes); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestLossesAreToldOnceWithTheirNumber(t *testing.T) {
	in := rows{columns: []string{"a"}, values: [][]source.Value{{"\xff\xff"}, {"ok"}, {"\xfe"}, {math.Inf(1)}}}
	for name, want := range map[string][]jobs.Warning{
		"csv":   {{Code: "invalid_text", Count: 2}},
		"jsonl": {{Code: "invalid_text", Count: 2}, {Code: "no_number", Count: 1}},
	} {
		got := export(t, name, nil, source.Data{Rows: in}).meter.Warnings()
		if len(got) != len(want) {
			t.Fatalf("%s: got %v, want %v", name, got, want)
		}
		for i := range want {
			if got[i].Code != want[i].Code || got[i].Count != want[i].Count || got[i].Message == "" {
				t.Errorf("%s: got %+v, want %+v and a sentence", name, got[i], want[i])
			}
		}
	}
}

func TestRowsAndBytesAreCounted(t *testing.T) {
	for _, name := range []string{"csv", "jsonl"} {
		r := export(t, name, nil, source.Data{Rows: manyRows(2345)})
		p := r.meter.Progress()
		if p.Items.Done != 2345 || p.Items.Total != jobs.Known[int64](2345) || p.Bytes.Done != int64(len(r.bytes)) || p.Bytes.Total.Known {
			t.Errorf("%s: got %+v and %+v, want 2345 rows and %d bytes", name, p.Items, p.Bytes, len(r.bytes))
		}
	}
}

// TestATableGoesOnWhereItWasInterrupted interrupts an export at each of its
// checkpoints and goes on from there.
func TestATableGoesOnWhereItWasInterrupted(t *testing.T) {
	in := source.Data{Rows: manyRows(12_345)}
	for _, name := range []string{"csv", "jsonl"} {
		whole := export(t, name, nil, in)
		f := find(t, name)
		for cut := 1; ; cut++ {
			s := newStaged()
			place, state, finished := interrupt(t, f, in, s, cut)
			if finished {
				if cut < 10 {
					t.Errorf("%s: got %d checkpoints, want some more", name, cut-1)
				}
				break
			}
			w, err := artifact.ResumeWriter(s, state)
			if err != nil {
				t.Fatal(err)
			}
			r := result{meter: &meter.Meter{}}
			task := format.Task{Out: w, Meter: r.meter, Options: f.Complete(nil), Workers: 1, From: place}
			if err := f.Rows(t.Context(), task, in.Rows); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(s.Bytes(), whole.bytes) {
				t.Errorf("%s, interrupted at %d: got another file", name, cut)
			}
			p, want := r.meter.Progress(), whole.meter.Progress()
			if p.Items != want.Items || p.Bytes != want.Bytes {
				t.Errorf("%s, interrupted at %d: got %v and %v, want %v and %v", name, cut, p.Items, p.Bytes, want.Items, want.Bytes)
			}
			if got, want := fmt.Sprint(r.meter.Warnings()), fmt.Sprint(whole.meter.Warnings()); got != want {
				t.Errorf("%s, interrupted at %d: got the warnings %s, want %s", name, cut, got, want)
			}
		}
	}
}

// interrupt exports as far as checkpoint number cut.
func interrupt(t *testing.T, f format.Format, in source.Data, s *staged, cut int) (place, state []byte, finished bool) {
	t.Helper()
	w := artifact.NewWriter(s)
	stop := errors.New("stopped")
	task := format.Task{Out: w, Meter: &meter.Meter{}, Options: f.Complete(nil), Workers: 1}
	task.Save = func(at func() []byte) (err error) {
		if cut--; cut > 0 {
			return nil
		}
		place = at()
		if state, err = w.Checkpoint(); err != nil {
			return err
		}
		return stop
	}
	err := f.Rows(t.Context(), task, in.Rows)
	if err != nil && !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if err := w.Leave(); err != nil {
		t.Fatal(err)
	}
	return place, state, err == nil
}

func TestATableDoesNotGoOnFromSomethingElse(t *testing.T) {
	for _, from := range []string{"", "\x02", "\x01", "\x01\x02\x02\x02", "\x01\x02\x02\x02\x02\x02"} {
		for _, name := range []string{"csv", "jsonl"} {
			w := artifact.NewWriter(newStaged())
			task := format.Task{Out: w, Meter: &meter.Meter{}, From: []byte(from)}
			if err := find(t, name).Rows(t.Context(), task, manyRows(3)); !errors.Is(err, format.ErrCheckpoint) {
				t.Errorf("%s: got %v for %q, want ErrCheckpoint", name, err, from)
			}
			w.Abort()
		}
	}
}

func FuzzCSVReadsBack(f *testing.F) {
	f.Add("a", `b"`, 1.5, []byte("x"), "comma")
	f.Add("\r\n", "=1,;\t", math.Copysign(0, -1), []byte{}, "tab")
	f.Add("\xff", "", math.Inf(1), []byte{0xff}, "semicolon")
	f.Fuzz(func(t *testing.T, a, b string, number float64, blob []byte, delimiter string) {
		comma, ok := map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t'}[delimiter]
		if !ok {
			return
		}
		in := rows{columns: []string{a, "b", "c", "d"}, values: [][]source.Value{{a, b, number, blob}, {b, nil, int64(1), a}}}
		r := export(t, "csv", map[string]string{"delimiter": delimiter}, source.Data{Rows: in})
		if !utf8.Valid(r.bytes) {
			t.Errorf("got %q, which is not UTF-8", r.bytes)
		}
		reader := csv.NewReader(bytes.NewReader(r.bytes))
		reader.Comma = comma
		got, err := reader.ReadAll()
		if err != nil {
			t.Fatalf("got %v reading %q", err, r.bytes)
		}
		want := [][]string{
			{legible(a), "b", "c", "d"},
			{legible(a), legible(b), got[1][2], fmt.Sprintf("%x", blob)},
			{legible(b), "", "1", legible(a)},
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if n, err := strconv.ParseFloat(got[1][2], 64); err != nil || n != number && !math.IsNaN(number) {
			t.Errorf("got %q, which reads as %v and %v, want %v", got[1][2], n, err, number)
		}
	})
}

// legible is what encoding/csv reads of a text that was s: it takes CRLF for LF.
func legible(s string) string {
	return strings.ReplaceAll(string([]rune(s)), "\r\n", "\n")
}

func FuzzJSONLIsWhatEncodingJSONWrites(f *testing.F) {
	f.Add("a", "b\x00\u2028<\\", int64(1), 1e300)
	f.Add("\xff\xe6\x97", "\u2029\x7f\r", int64(math.MinInt64), -0.5)
	f.Fuzz(func(t *testing.T, name, text string, whole int64, number float64) {
		if math.IsInf(number, 0) || math.IsNaN(number) {
			return
		}
		in := rows{columns: []string{"a" + name, "b", "c", "d"}, values: [][]source.Value{{text, whole, number, []byte(text)}}}
		line := export(t, "jsonl", nil, source.Data{Rows: in}).bytes
		got := struct {
			B int64
			C float64
			D []byte
		}{}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("got %v reading %q", err, line)
		}
		if got.B != whole || got.C != number || string(got.D) != text {
			t.Errorf("got %+v from %q", got, line)
		}
		want := append([]byte{'{'}, marshal(t, "a"+name)...)
		want = append(append(want, ':'), marshal(t, text)...)
		if !bytes.HasPrefix(line, append(want, `,"b":`...)) || bytes.Count(line, []byte("\n")) != 1 {
			t.Errorf("got %q, want it to begin with %q", line, want)
		}
	})
}

// marshal returns s as encoding/json writes it.
func marshal(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func BenchmarkRows(b *testing.B) {
	in := manyRows(10_000)
	for _, name := range []string{"csv", "jsonl"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.SetBytes(int64(len(export(b, name, nil, source.Data{Rows: in}).bytes)))
			}
		})
	}
}
