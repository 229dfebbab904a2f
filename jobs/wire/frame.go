package wire

import (
	"strconv"
	"strings"
	"time"
)

// AppendFrame appends a frame with any text as its data, each of whose lines
// gets a field of its own. An id or a name that is empty is left out. Neither
// may hold a line break.
func AppendFrame(b []byte, id, name, data string) []byte {
	if id != "" {
		b = append(append(append(b, "id: "...), id...), '\n')
	}
	if name != "" {
		b = append(append(append(b, "event: "...), name...), '\n')
	}
	if strings.Contains(data, "\r") {
		data = lineBreaks.Replace(data)
	}
	for line := range strings.SplitSeq(data, "\n") {
		b = append(append(append(b, "data: "...), line...), '\n')
	}
	return append(b, '\n')
}

// lineBreaks turns the three line breaks of the standard into the one in which
// a reader gets them.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// AppendComment appends a line that every reader passes over: a sign of life.
func AppendComment(b []byte, text string) []byte {
	return append(append(append(b, ": "...), text...), "\n\n"...)
}

// AppendRetry appends the time that a reader is to wait before it comes back.
func AppendRetry(b []byte, d time.Duration) []byte {
	b = append(b, "retry: "...)
	b = strconv.AppendInt(b, d.Milliseconds(), 10)
	return append(b, "\n\n"...)
}
