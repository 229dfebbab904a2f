package main

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
)

// header is the value of a flag that is the name of a request header. If it is
// set at all it is a name: a server that was to keep people apart must not start
// without, because a variable was empty.
type header string

// headerName is what a header can be called
// (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// ofHTTP are headers that tell of the message or the connection, so that no
// proxy can say in them who asks.
var ofHTTP = []string{"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// String implements [flag.Value].
func (h *header) String() string { return string(*h) }

// Set implements [flag.Value].
func (h *header) Set(name string) error {
	switch {
	case name == "":
		return errors.New("the name of the header is missing")
	case !headerName.MatchString(name):
		return fmt.Errorf("%q cannot be the name of a header", name)
	case slices.Contains(ofHTTP, textproto.CanonicalMIMEHeaderKey(name)):
		return fmt.Errorf("the header %s belongs to HTTP itself", name)
	}
	*h = header(name)
	return nil
}
