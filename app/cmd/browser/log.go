//go:build js && wasm

package main

import (
	"strconv"
	"syscall/js"

	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
	"example.org/carryout/views/words"
)

const longestLog = 500 // lines that the page keeps

// log adds lines to the job's log on the page.
type log struct {
	list js.Value
	last int64        // number of the latest line
	told []jobs.Event // of late: a page that is drawn meanwhile may not have them
}

// look finds the log, and adds what it does not have.
func (l *log) look() {
	l.list = find(document, "[data-live-log]")
	l.last = 0
	each(l.list, "[data-seq]", func(line js.Value) {
		l.last = max(l.last, number(attribute(line, "data-seq")))
	})
	for _, e := range l.told {
		l.add(e)
	}
	l.told = nil
}

// tell adds the line of an event. Progress shows better in the bar.
func (l *log) tell(e jobs.Event) {
	if e.Kind == jobs.KindProgress || e.Seq <= l.last {
		return
	}
	if len(l.told) == longestLog {
		l.told = l.told[1:]
	}
	l.told = append(l.told, e)
	l.add(e)
}

// add adds a line that the log does not have yet.
func (l *log) add(e jobs.Event) {
	if e.Seq <= l.last {
		return
	}
	l.last = e.Seq
	line := add(l.list, "li", "", "")
	setAttribute(line, "data-seq", strconv.FormatInt(e.Seq, 10))
	setAttribute(line, "data-tone", string(words.LineTone(e.Kind)))
	add(line, "time", "", human.Clock(e.At.UnixMilli()))
	line.Call("append", " ")
	add(line, "span", "", words.Line(e))
	if l.list.Get("childElementCount").Int() > longestLog {
		l.list.Get("firstElementChild").Call("remove")
	}
}
