//go:build js && wasm

package main

import "syscall/js"

// The browser's window and the page in it.
var (
	window   = js.Global()
	document = window.Get("document")
)

// find returns the first element in root that a selector names, or null.
func find(root js.Value, selector string) js.Value {
	return root.Call("querySelector", selector)
}

// each calls visit for every element in root that a selector names.
func each(root js.Value, selector string, visit func(js.Value)) {
	all := root.Call("querySelectorAll", selector)
	for i := range all.Length() {
		visit(all.Index(i))
	}
}

// attribute is the value of an attribute, "" if there is none.
func attribute(e js.Value, name string) string {
	if v := e.Call("getAttribute", name); v.Type() == js.TypeString {
		return v.String()
	}
	return ""
}

// setAttribute sets an attribute, or takes it away where the value is "".
func setAttribute(e js.Value, name, value string) {
	switch {
	case attribute(e, name) == value:
	case value == "":
		e.Call("removeAttribute", name)
	default:
		e.Call("setAttribute", name, value)
	}
}

// add appends a new element of that class, with some text, to parent.
func add(parent js.Value, tag, class, text string) js.Value {
	e := document.Call("createElement", tag)
	e.Set("className", class)
	e.Set("textContent", text)
	parent.Call("append", e)
	return e
}

// listen calls handle for every event of that type.
func listen(target js.Value, event string, handle func(e js.Value)) {
	target.Call("addEventListener", event, js.FuncOf(func(_ js.Value, args []js.Value) any {
		handle(args[0])
		return nil
	}))
}

// callback is f for the browser to call.
func callback(f func()) js.Func {
	return js.FuncOf(func(js.Value, []js.Value) any {
		f()
		return nil
	})
}

// after has f called once, so many milliseconds later.
func after(ms int, f js.Func) { window.Call("setTimeout", f, ms) }

// every has f called again and again.
func every(ms int, f func()) { window.Call("setInterval", callback(f), ms) }

func hidden() bool { return document.Get("hidden").Bool() }

// number reads the digits that an event has for its number.
func number(digits string) (n int64) {
	for _, c := range []byte(digits) {
		n = n*10 + int64(c-'0')
	}
	return n
}
