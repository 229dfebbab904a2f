//go:build js && wasm

package main

import (
	"syscall/js"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/parsed"
	"example.org/carryout/views/words"
)

// jobKinds are the events of a job's stream.
var jobKinds = []string{
	"queued", "started", "progress", "warning", "requeued",
	"ready", "failed", "canceled", "expired", "reset",
}

// jobPage keeps the page of one job alive: it folds the job's history as the
// server does, and shows what comes out.
type jobPage struct {
	job   jobs.Job      // as far as it has been told
	ahead time.Duration // by which the clock here is ahead of the server's

	// The page as the server has drawn it.
	state jobs.State
	phase jobs.Phase
	drawn int64 // number of the latest event that it knows
	places
	log

	painter  *painter
	stream   *stream
	redrawn  js.Func
	fetching bool
	stale    bool // whatever it shows, the server has to draw it again
}

// followJob keeps the page alive until its job is done.
func followJob() {
	p := &jobPage{}
	p.look()
	if p.state.Done() {
		return
	}
	p.painter, p.redrawn = newPainter(p.paint), answers(p.replace)
	card := find(document, "#job")
	p.stream = &stream{
		url: attribute(card, "data-events"), page: "/jobs/" + attribute(card, "data-job"),
		kinds: jobKinds, event: p.event,
	}
	p.stream.start()
	every(1_000, func() {
		if p.job.State == jobs.Running && !p.stream.over {
			p.painter.request()
		}
	})
}

// look finds out what the page shows and where.
func (p *jobPage) look() {
	card := find(document, "#job")
	p.state = jobs.State(attribute(card, "data-state"))
	p.drawn = number(attribute(card, "data-last-event"))
	p.places, p.phase = findPlaces(card), p.job.Progress.Phase
	p.log.look()
}

// event folds one event into the job.
func (p *jobPage) event(kind, id, data string) {
	seq := number(id)
	e := parsed.Event(jobs.Kind(kind), seq, parse(data))
	next, err := p.job.Apply(e)
	if err != nil {
		return // it is known already, or of no concern
	}
	p.job = next
	if seq <= p.drawn {
		p.phase = next.Progress.Phase
	}
	p.stale = p.stale || e.Kind == jobs.KindReset
	p.compareClocks(e)
	p.log.tell(e)
	if p.job.State.Done() && seq >= p.drawn {
		p.stream.stop() // before it ends and comes back
	}
	p.painter.request()
}

// paint shows the job as it stands, unless the page knows more than has been
// told so far, as it does while the history is told from its beginning.
func (p *jobPage) paint() {
	if p.job.LastEvent < p.drawn {
		return
	}
	p.stream.talkative = p.job.State == jobs.Running
	live := words.Of(p.job, p.now())
	p.places.show(live)
	document.Set("title", live.Title+" · Carryout")
	if p.job.State != p.state || p.job.Progress.Phase != p.phase || p.stale {
		p.redraw()
	}
	if p.job.State.Done() {
		p.stream.mark.hide()
	}
}

// redraw has the server draw the page as it is to be now.
func (p *jobPage) redraw() {
	if !p.fetching {
		p.fetching = true
		fetch("GET", p.stream.page, p.redrawn)
	}
}

// replace takes in the page as the server has drawn it.
func (p *jobPage) replace(_ js.Value, status int, page js.Value) {
	p.fetching = false
	switch {
	case page.Truthy() && find(page, "#job").Truthy():
		p.stale = false
		replace(find(document, "#main"), find(page, "#main"))
		p.look()
		p.painter.request()
		if p.stream.over && !p.state.Done() { // somebody has asked for another attempt
			window.Get("location").Call("reload")
		}
	case status == 404:
		p.stream.stop()
		p.stream.mark.gone()
	default:
		p.painter.due = true
		after(firstDelay, p.painter.run)
	}
}

// compareClocks takes the quickest event of an attempt as the measure of how
// far two clocks are apart. A few seconds may as well be the way.
func (p *jobPage) compareClocks(e jobs.Event) {
	d := time.Since(e.At)
	if e.Kind == jobs.KindStarted || d < p.ahead {
		p.ahead = d
	}
}

func (p *jobPage) now() time.Time {
	now := time.Now()
	if p.job.State == jobs.Running && (p.ahead < 0 || p.ahead > 3*time.Second) {
		return now.Add(-p.ahead)
	}
	return now
}
