// Package views draws the pages: the form for a new export, one job, the list
// of jobs, and what is shown when something cannot be done.
//
// Every page is a struct of finished values and a template that draws it and
// decides nothing: no store, no clock, no request. Words for numbers come from
// views/human, words about jobs from views/words, which the browser's client
// uses too.
//
// A page is complete without the client: every control is a plain link or form.
// The client finds its places by attributes. An element about a job has
// data-job, data-state and data-last-event; within it data-live names a text of
// [words.Live.Each], data-live-bar is the bar and data-tone the tone. On the
// job page the element also has data-events, the address of the job's stream,
// and the log data-live-log. A list of jobs has data-live-jobs, the form
// data-live-form. A control with data-live-reload changes what the form offers,
// so the form is fetched again when it changes. data-live-mark is where the
// client says whether it is connected, with data-state live, retry or gone.
//
// Pages hold no script and no style of their own (CSP level 3,
// https://www.w3.org/TR/CSP3/), so bars are progress elements.
//
// Rendering fails only when writing does.
package views

import (
	"strconv"

	"example.org/carryout/jobs"
	"example.org/carryout/views/words"
)

// Shell is what every page has around its own content.
type Shell struct {
	Retain string // how long files are kept, such as "3 days"; empty: until they are deleted
}

// A Link is a way on.
type Link struct{ Text, URL string }

// JobRow is one job in a list.
type JobRow struct {
	Job  jobs.Job
	Live words.Live
	Ago  string // since it was asked for, such as "5 min ago"
}

func jobURL(j jobs.Job) string { return "/jobs/" + string(j.ID) }

// barValue is a fraction as the value of a bar that goes to 1000.
func barValue(fraction float64) string { return strconv.Itoa(int(fraction * 1000)) }

func number(n int64) string { return strconv.FormatInt(n, 10) }

func expanded(open bool) string { return strconv.FormatBool(open) }

// where says, in the terms of aria-current, whether a link leads to the page
// itself, or to the one that it is a part of.
func where(page, itself, part string) string {
	switch page {
	case itself:
		return "page"
	case part:
		return "true"
	}
	return ""
}
