package main

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// mark stands around what a follower looks for in an event: its number and the
// time at which it was handed in.
const mark = '~'

var padding = strings.Repeat("the quick brown fox ", 4)

// text is the data of event n, about 120 bytes.
func text(n int64) string {
	b := append(make([]byte, 0, 140), mark)
	b = strconv.AppendInt(b, n, 10)
	b = append(b, ',')
	b = strconv.AppendInt(b, time.Now().UnixMicro(), 10)
	b = append(b, mark)
	return string(append(b, padding...))
}

// number finds the number and the time of the event in a line of a stream.
func number(line []byte) (n, micros int64, ok bool) {
	from := bytes.IndexByte(line, mark)
	if from < 0 {
		return 0, 0, false
	}
	line = line[from+1:]
	to := bytes.IndexByte(line, mark)
	if to < 0 {
		return 0, 0, false
	}
	at := &n
	for _, c := range line[:to] {
		if c == ',' {
			at = &micros
			continue
		}
		*at = *at*10 + int64(c-'0')
	}
	return n, micros, at == &micros
}
