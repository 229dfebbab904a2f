package client

import (
	"fmt"
	"net/url"
	"strings"

	"example.org/carryout/jobs"
)

// ParseJobURL takes the address of a job apart into that of its server, which
// may lie below a path, and the job's id. The addresses of a job's stream and
// of its file will do as well.
func ParseJobURL(address string) (base string, id jobs.ID, err error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", "", fmt.Errorf("%q is not the address of an export; it looks like http://127.0.0.1:8080/jobs/ID", address)
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/events"), "/file")
	prefix, last, found := cutLast(path, "/jobs/")
	if id = jobs.ID(last); !found || !id.Valid() {
		return "", "", fmt.Errorf("%q is not the address of an export; it ends in /jobs/ID", address)
	}
	u = &url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}
	return u.String() + prefix, id, nil
}

// JobURL is the address of a job.
func (c *Client) JobURL(id jobs.ID) string {
	return strings.TrimRight(c.Base, "/") + "/jobs/" + string(id)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
