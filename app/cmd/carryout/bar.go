package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
	"example.org/carryout/views/words"
)

const (
	leastBar = 10 // cells, below which a bar says nothing
	mostBar  = 40
	perDraw  = 100 * time.Millisecond // between two drawings of a download
)

// bar draws one line over and over.
type bar struct {
	out   io.Writer
	now   func() time.Time
	width func() int // of the terminal, in cells

	drawn   string // what stands on the line
	begun   time.Time
	from    int64 // bytes that were there when the download began
	lastBar time.Time
}

func (b *bar) job(j jobs.Job, e jobs.Event) {
	switch e.Kind {
	case jobs.KindWarning, jobs.KindRequeued, jobs.KindReset:
		b.note(line(e))
	}
	live := words.Of(j, b.now())
	if j.State.Done() {
		live.Left = "" // is how long the file is kept, and no part of the way to it
	}
	b.draw(compose(b.width()-1, live.Name+"  "+live.State, live.Percent, live.Fraction, live.Done, live.Items, live.Speed, live.Left))
}

func (b *bar) download(name string, done, total int64) {
	now := b.now()
	if b.begun.IsZero() {
		b.begun, b.from = now, done
	}
	if now.Sub(b.lastBar) < perDraw && done != total {
		return
	}
	b.lastBar = now
	fraction, percent := 1.0, "100%"
	if total > 0 && done < total {
		fraction = float64(done) / float64(total)
		percent = strconv.Itoa(int(fraction*100)) + "%"
	}
	speed := ""
	if spent := now.Sub(b.begun); spent >= time.Second/2 {
		speed = human.Rate(int64(float64(done-b.from) / spent.Seconds()))
	}
	b.draw(compose(b.width()-1, name+"  Downloading", percent, fraction, human.Bytes(done)+" of "+human.Bytes(total), speed))
}

func (b *bar) note(text string) {
	before := b.drawn
	b.draw("")
	fmt.Fprintln(b.out, text)
	b.draw(before)
}

func (b *bar) end() {
	if b.drawn != "" {
		fmt.Fprintln(b.out)
		b.drawn = ""
	}
}

// draw puts text in place of what stands on the line.
func (b *bar) draw(text string) {
	if text == b.drawn {
		return
	}
	blank := strings.Repeat(" ", max(0, cells(b.drawn)-cells(text)))
	fmt.Fprint(b.out, "\r"+text+blank)
	if text == "" {
		fmt.Fprint(b.out, "\r")
	}
	b.drawn = text
}

// compose lays a line out in so many cells. What does not fit is left out: the
// facts from the last on, then the bar, then the end of the rest. A fraction
// below 0 is not known and has no bar.
func compose(width int, head, percent string, fraction float64, facts ...string) string {
	head = printable(strings.TrimSpace(head + "  " + percent))
	tail := ""
	for _, fact := range facts {
		if fact == "" {
			continue
		}
		more := tail + " · " + printable(fact)
		if tail == "" {
			more = "  " + printable(fact)
		}
		if cells(head)+leastBar+4+cells(more) > width {
			break
		}
		tail = more
	}
	if room := min(mostBar, width-cells(head)-cells(tail)-4); fraction >= 0 && room >= leastBar {
		full := int(fraction * float64(room))
		head += "  [" + strings.Repeat("#", full) + strings.Repeat("-", room-full) + "]"
	}
	return shorten(head+tail, width)
}

// shorten cuts text to so many cells.
func shorten(text string, width int) string {
	for i, r := range text {
		if width -= cells(string(r)); width < 0 {
			return text[:i]
		}
	}
	return text
}

// cells is how wide text is at most: East Asian characters take two cells, and
// all that may be of them counts so.
func cells(text string) (n int) {
	for _, r := range text {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}
