//go:build js && wasm

// Command browser keeps the server's pages alive. It is compiled to WebAssembly
// and started by the loader of package static.
//
// The pages are complete without it. It follows the job of a page, or the feed
// on a page with a list, and puts what changes into the places that package
// views has marked for it; what is more than new words, such as another set of
// buttons, it fetches from the server and puts in place of the old.
//
// Everything runs in callbacks of the browser, one after the other and none of
// which waits, so there are no goroutines and no locks. Each callback is made
// once and lives as long as the page, so none has to be released.
//
// When the server cannot be reached, the mark in the page's head says so and
// the client comes back by itself, later and later up to 30 s.
//
// It is waited for on a first visit, so it has a budget, which static/pack
// checks: no package that formats, reflects or opens a socket.
package main

import "syscall/js"

func main() {
	guardForms()
	switch document.Get("body").Get("dataset").Get("page").String() {
	case "job":
		followJob()
	case "jobs":
		followFeed()
	case "new":
		followFeed()
		keepForm()
	}
	// A page that the browser has kept for the way back has lost its stream.
	listen(window, "pageshow", func(e js.Value) {
		if e.Get("persisted").Bool() {
			window.Get("location").Call("reload")
		}
	})
	select {} // the callbacks go on until the page is left
}
