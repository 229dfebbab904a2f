//go:build js && wasm

package main

import (
	"strconv"
	"syscall/js"
	"time"

	"example.org/carryout/jobs/parsed"
	"example.org/carryout/views/words"
)

const (
	pause  = 500    // between two looks at the list, in milliseconds
	minute = 60_000 // after which "5 min ago" is no longer true
	many   = 1_000  // jobs beside those of the list that are remembered
)

// list keeps a page with a list of jobs alive from the feed.
type list struct {
	beside  map[string]string // states of jobs that are not on the list
	redrawn js.Func
	rested  js.Func
	waiting bool // a look at the server is to come, or on its way
	again   bool // another one is wanted after it
}

// followFeed keeps the list of the page alive, and shows what is published.
func followFeed() {
	l := &list{beside: map[string]string{}}
	l.redrawn, l.rested = answers(l.merge), callback(l.rest)
	bubbles := newBubbles()
	s := &stream{
		url: "/events", page: "/",
		kinds: []string{"job", "time", "message"},
		event: func(kind, _, data string) {
			switch kind {
			case "job":
				l.change(parse(data))
			case "message":
				bubbles.show(data)
			}
		},
		opened:    l.refresh, // what changed while nobody listened
		talkative: true,      // it tells the time
	}
	s.start()
	every(minute, func() {
		if !hidden() {
			l.refresh()
		}
	})
}

// change takes in a job as the feed tells it.
func (l *list) change(v value) {
	id, state := v.Text("id"), v.Text("state")
	row := find(document, `#jobs > [data-job="`+id+`"]`)
	switch {
	case !row.Truthy():
		if l.beside[id] != state {
			l.remember(id, state)
			l.refresh() // it may belong onto the list
		}
	case attribute(row, "data-state") != state:
		l.refresh() // it has other parts now, or is no more
	default:
		if j := parsed.Job(v); j.LastEvent > number(attribute(row, "data-last-event")) {
			setAttribute(row, "data-last-event", strconv.FormatInt(j.LastEvent, 10))
			findPlaces(row).show(words.Of(j, time.Now()))
		}
	}
}

func (l *list) remember(id, state string) {
	if len(l.beside) >= many {
		l.beside = map[string]string{}
	}
	l.beside[id] = state
}

// refresh has the server draw the list again, though not too often.
func (l *list) refresh() {
	l.again = l.waiting
	if !l.waiting {
		l.waiting = true
		fetch("GET", window.Get("location").Get("href").String(), l.redrawn)
	}
}

// merge takes in the list as the server has drawn it.
func (l *list) merge(_ js.Value, _ int, page js.Value) {
	if page.Truthy() && find(page, "#jobs").Truthy() {
		merge(find(document, "#jobs").Get("parentElement"), find(page, "#jobs").Get("parentElement"))
	}
	after(pause, l.rested)
}

// rest ends the pause after a look.
func (l *list) rest() {
	l.waiting = false
	if l.again {
		l.refresh()
	}
}
