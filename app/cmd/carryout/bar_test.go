package main

import (
	"strings"
	"testing"
	"time"

	"example.org/carryout/jobs"
)

func TestCompose(t *testing.T) {
	facts := []string{"1.81 GiB of 4.3 GiB", "", "11.8 MiB/s", "about 3 to 4 min left"}
	for name, c := range map[string]struct {
		width    int
		fraction float64
		want     string
	}{
		"wide":                 {120, 0.5, "docs.zip  Compressing  50%  [################----------------]  1.81 GiB of 4.3 GiB · 11.8 MiB/s · about 3 to 4 min left"},
		"as people have it":    {79, 0.5, "docs.zip  Compressing  50%  [#######--------]  1.81 GiB of 4.3 GiB · 11.8 MiB/s"},
		"narrow":               {45, 0.5, "docs.zip  Compressing  50%  [#######--------]"},
		"too narrow for a bar": {30, 0.5, "docs.zip  Compressing  50%"},
		"too narrow for all":   {14, 0.5, "docs.zip  Comp"},
		"no room at all":       {0, 0.5, ""},
		"full":                 {45, 1, "docs.zip  Compressing  50%  [###############]"},
		"empty":                {45, 0, "docs.zip  Compressing  50%  [---------------]"},
		"not known":            {79, -1, "docs.zip  Compressing  50%  1.81 GiB of 4.3 GiB · 11.8 MiB/s"},
	} {
		got := compose(c.width, "docs.zip  Compressing", "50%", c.fraction, facts...)
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func FuzzComposeFits(f *testing.F) {
	f.Add(79, "docs.zip", 0.4, "1 of 2")
	f.Add(20, "日本語の書類.zip", 0.99, "\x1b[2J\r\n")
	f.Fuzz(func(t *testing.T, width int, name string, fraction float64, fact string) {
		width %= 1000
		if !(fraction >= -1 && fraction <= 1) {
			return // is not a fraction
		}
		got := compose(width, name, "40%", fraction, fact, fact)
		if cells(got) > max(0, width) || printable(got) != got {
			t.Errorf("got %q, %d cells, want at most %d of what can be printed", got, cells(got), width)
		}
	})
}

// screen is what a terminal would show: "\r" goes back to the start of the line.
func screen(output string) []string {
	var shown []string
	for text := range strings.SplitSeq(output, "\n") {
		var row []rune
		at := 0
		for _, r := range text {
			switch {
			case r == '\r':
				at = 0
				continue
			case at < len(row):
				row[at] = r
			default:
				row = append(row, r)
			}
			at++
		}
		shown = append(shown, strings.TrimRight(string(row), " "))
	}
	return shown
}

func TestTheBarIsOneLine(t *testing.T) {
	var out strings.Builder
	now := began
	b := &bar{out: &out, now: func() time.Time { return now }, width: func() int { return 80 }}
	var j jobs.Job
	for _, e := range history(ids["READY"]) {
		var err error
		if j, err = j.Apply(e); err != nil {
			t.Fatal(err)
		}
		b.job(j, e)
	}
	b.note("a note")
	for done := int64(0); done <= 100_000; done += 20_000 {
		b.download("docs.zip", done, 100_000)
		now = now.Add(time.Second)
	}
	shown := screen(out.String())
	if want := []string{
		"10:00:02  warning: a?b: It may not be read.",
		"a note",
		"docs.zip  Downloading  100%  [" + strings.Repeat("#", 15) + "]  97.7 KiB of 97.7 KiB · 19.5 KiB/s",
	}; len(shown) != len(want) || shown[0] != want[0] || shown[1] != want[1] || strings.ReplaceAll(shown[2], "#", "") != strings.ReplaceAll(want[2], "#", "") {
		t.Errorf("got %q, want %q", shown, want)
	}
	for _, part := range []string{"Waiting", "Starting", "50%", "90%", "Ready", "Downloading  20%"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("got no %q among what was drawn", part)
		}
	}
	b.end()
	b.end()
	if !strings.HasSuffix(out.String(), "KiB/s\n") {
		t.Errorf("got %q at the end, want one line break", out.String()[out.Len()-10:])
	}
}
