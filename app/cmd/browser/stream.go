//go:build js && wasm

package main

import (
	"syscall/js"
	"time"
)

const (
	closed     = 2 // the readyState of an EventSource that has given up
	open       = 1
	firstDelay = 1_000 // before coming back, in milliseconds
	lastDelay  = 30_000
	silence    = 15 * time.Second // after which a talkative stream is taken for broken
)

// A stream is an EventSource that comes back where the browser's own gives up:
// after an answer that is an error, and after a connection that broke without a
// word.
type stream struct {
	url   string
	page  string   // whose 404 says that there is nothing to follow any more
	kinds []string // of events
	event func(kind, id, data string)

	opened    func() // after every connection; may be nil
	talkative bool   // more than 15 s of silence mean that it is broken

	mark   mark
	last   string // id of the latest event
	heard  time.Time
	delay  int
	over   bool
	source js.Value
	handle js.Func // takes what the EventSource has to tell
	look   js.Func // whether there still is anything to follow
	looked js.Func
}

// start connects for the first time.
func (s *stream) start() {
	s.mark = findMark()
	s.handle = js.FuncOf(func(_ js.Value, args []js.Value) any {
		s.take(args[0])
		return nil
	})
	s.look = callback(func() { fetch("HEAD", s.page, s.looked) })
	s.looked = answers(s.comeBack)
	s.connect()
	every(5_000, func() {
		broken := s.source.Get("readyState").Int() == open && time.Since(s.heard) > silence
		if broken && !s.over && s.talkative {
			s.source.Call("close")
			s.later()
		}
	})
}

// stop ends it for good.
func (s *stream) stop() {
	if s.over {
		return
	}
	s.over = true
	s.source.Call("close")
}

func (s *stream) connect() {
	url := s.url
	if s.last != "" {
		url += "?last_event_id=" + s.last
	}
	s.heard = time.Now()
	s.source = window.Get("EventSource").New(url)
	for _, kind := range append([]string{"open", "error"}, s.kinds...) {
		s.source.Call("addEventListener", kind, s.handle)
	}
}

// take handles what the EventSource has to tell.
func (s *stream) take(e js.Value) {
	if s.over {
		return
	}
	s.heard = time.Now()
	switch kind := e.Get("type").String(); kind {
	case "open":
		s.delay = 0
		s.mark.live()
		if s.opened != nil {
			s.opened()
		}
	case "error":
		s.mark.retry()
		if s.source.Get("readyState").Int() == closed {
			s.later()
		}
	default:
		s.last = e.Get("lastEventId").String()
		s.event(kind, s.last, e.Get("data").String())
	}
}

// later looks after a while whether there still is anything to follow.
func (s *stream) later() {
	s.mark.retry()
	s.delay = min(max(firstDelay, 2*s.delay), lastDelay)
	after(s.delay, s.look)
}

// comeBack connects again if the page is still there.
func (s *stream) comeBack(_ js.Value, status int, _ js.Value) {
	switch {
	case s.over:
	case status == 404:
		s.stop()
		s.mark.gone()
	case status == 200:
		s.connect()
	default:
		s.later()
	}
}
