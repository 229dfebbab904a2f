//go:build js && wasm

package main

import (
	"syscall/js"
	"time"
)

const sending = 10 * time.Second // within which the same form is not sent again

// guardForms lets a form that changes something be sent only once at a time.
func guardForms() {
	var last js.Value
	var sent time.Time
	listen(document, "submit", func(e js.Value) {
		if submitMethod(e) != "post" {
			return
		}
		form := e.Get("target")
		if form.Equal(last) && time.Since(sent) < sending {
			e.Call("preventDefault")
			return
		}
		last, sent = form, time.Now()
		setAttribute(form, "aria-busy", "true")
	})
}

// submitMethod is how a form is about to be sent.
func submitMethod(e js.Value) string {
	if button := e.Get("submitter"); button.Truthy() {
		if method := button.Get("formMethod").String(); method != "" {
			return method
		}
	}
	return e.Get("target").Get("method").String()
}

// keepForm shows what the form of a new export offers without leaving the page:
// where it would be sent with GET for that, it is fetched instead.
func keepForm() {
	form := find(document, "[data-live-form]")
	if !form.Truthy() {
		return
	}
	f := &reload{form: form}
	f.redrawn = answers(f.replace)
	listen(form, "submit", func(e js.Value) {
		if submitMethod(e) == "get" {
			e.Call("preventDefault")
			f.start(e.Get("submitter"))
		}
	})
	listen(form, "change", func(e js.Value) {
		if f.request.Truthy() || e.Get("target").Call("hasAttribute", "data-live-reload").Bool() {
			f.start(js.Null()) // with what has been chosen meanwhile
		}
	})
}

// reload fetches the form anew.
type reload struct {
	form    js.Value
	url     string   // of the page with the form as it is filled now
	request js.Value // the latest one, while it is underway
	redrawn js.Func
}

// start asks for the form as it is filled now, with the name and value of the
// button that was pressed.
func (f *reload) start(button js.Value) {
	data := window.Get("FormData").New(f.form)
	data.Call("delete", "idempotency_key") // each form has its own, which is no part of an address
	if button.Truthy() && attribute(button, "name") != "" {
		data.Call("append", attribute(button, "name"), attribute(button, "value"))
	}
	f.url = "/?" + window.Get("URLSearchParams").New(data).Call("toString").String()
	f.request = fetch("GET", f.url, f.redrawn)
	setAttribute(f.form, "aria-busy", "true")
}

// replace takes in the form as the server has drawn it, unless another one has
// been asked for since.
func (f *reload) replace(request js.Value, _ int, page js.Value) {
	if !request.Equal(f.request) {
		return
	}
	f.request = js.Null()
	setAttribute(f.form, "aria-busy", "")
	if !page.Truthy() || !find(page, "#new").Truthy() {
		window.Get("location").Call("assign", f.url) // the browser says best what is wrong
		return
	}
	replace(f.form, find(page, "#new"))
	window.Get("history").Call("replaceState", js.Null(), "", f.url)
}
