//go:build js && wasm

package main

import "syscall/js"

const patience = 15_000 // for an answer, in milliseconds

// answers makes a callback for [fetch] out of done, which gets the request,
// the status of the answer, and the page that came. The status is 0 if there
// was no answer in time, and the page is null if it is none.
func answers(done func(request js.Value, status int, page js.Value)) js.Func {
	return js.FuncOf(func(request js.Value, _ []js.Value) any {
		done(request, request.Get("status").Int(), request.Get("response"))
		return nil
	})
}

// fetch asks for url and has done called with the answer.
func fetch(method, url string, done js.Func) (request js.Value) {
	request = window.Get("XMLHttpRequest").New()
	request.Call("open", method, url)
	request.Call("setRequestHeader", "Accept", "text/html")
	request.Set("responseType", "document")
	request.Set("timeout", patience)
	request.Set("onloadend", done)
	request.Call("send")
	return request
}
