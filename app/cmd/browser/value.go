//go:build js && wasm

package main

import (
	"syscall/js"

	"example.org/carryout/jobs/parsed"
)

// value is JSON as the browser takes it apart. It implements [parsed.Value].
type value struct{ js.Value }

func parse(data string) value {
	return value{window.Get("JSON").Call("parse", data)}
}

func (v value) At(path string) parsed.Value { return value{v.follow(path)} }

func (v value) Text(path string) string {
	if at := v.follow(path); at.Type() == js.TypeString {
		return at.String()
	}
	return ""
}

func (v value) Number(path string) (float64, bool) {
	at := v.follow(path)
	if at.Type() != js.TypeNumber {
		return 0, false
	}
	return at.Float(), true
}

// follow returns what stands at a path. Arrays have their places for names.
func (v value) follow(path string) js.Value {
	at, begin := v.Value, 0
	for i := 0; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		if at.Type() != js.TypeObject {
			return js.Undefined()
		}
		at = at.Get(path[begin:i])
		begin = i + 1
	}
	return at
}
