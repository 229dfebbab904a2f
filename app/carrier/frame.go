package carrier

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// head is the head of an answer whose connection ends with it.
func head(status int, header http.Header, chunked bool) []byte {
	var b bytes.Buffer
	version := "1.0"
	if chunked {
		version = "1.1"
	}
	fmt.Fprintf(&b, "HTTP/%s %03d %s\r\n", version, status, http.StatusText(status))
	header = header.Clone()
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	header.Set("Connection", "close")
	if chunked {
		header.Set("Transfer-Encoding", "chunked")
	}
	_ = header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}

// appendPiece frames bytes of the body.
func appendPiece(b, piece []byte, chunked bool) []byte {
	if !chunked {
		return append(b, piece...)
	}
	b = strconv.AppendInt(b, int64(len(piece)), 16)
	b = append(append(b, "\r\n"...), piece...)
	return append(b, "\r\n"...)
}

// appendEnd says that the body is whole.
func appendEnd(b []byte, chunked bool) []byte {
	if !chunked {
		return b
	}
	return append(b, "0\r\n\r\n"...)
}
