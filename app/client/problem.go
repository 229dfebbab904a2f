package client

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// A Problem is a refusal of the server.
type Problem struct {
	Status     int           // of HTTP
	Code       string        // stable, such as "unknown_source"; empty if it is not the server that answers
	Detail     string        // a sentence for people, which says what to do
	Field      string        // of the request, that is at fault; may be empty
	RetryAfter time.Duration // when to come back; 0: it did not say
}

func (p *Problem) Error() string {
	switch {
	case p.Detail != "" && p.Field != "":
		return p.Field + ": " + p.Detail
	case p.Detail != "":
		return p.Detail
	}
	return "the server answered " + strconv.Itoa(p.Status) + " " + http.StatusText(p.Status)
}

// passes reports whether another attempt at the same may go well.
func (p *Problem) passes() bool {
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// readProblem makes an error of an answer, which may be that of a proxy.
func readProblem(resp *http.Response) *Problem {
	p := &Problem{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header)}
	if t, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); t != "application/problem+json" {
		return p
	}
	var in struct{ Title, Code, Detail, Field string }
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || json.Unmarshal(b, &in) != nil {
		return p // the status says enough
	}
	p.Code, p.Detail, p.Field = in.Code, in.Detail, in.Field
	if p.Detail == "" {
		p.Detail = in.Title
	}
	return p
}

// retryAfter reads the header of that name, a number of seconds or a date (RFC
// 9110, section 10.2.3), which is taken by the server's own clock.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return time.Duration(max(0, seconds)) * time.Second
	}
	then, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, then.Sub(now))
}

// passes reports whether err is trouble that may pass by itself.
func passes(err error) bool {
	var lost *broken
	var p *Problem
	return errors.As(err, &lost) || errors.As(err, &p) && p.passes()
}
