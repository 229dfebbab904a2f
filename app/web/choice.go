package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unique"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/feed"
	"example.org/carryout/jobs/tail"
)

// A choice is what a client wants of the feed.
type choice struct {
	reader string    // whose jobs it may see; empty: all
	events []string  // names of events; none: all
	jobs   []jobs.ID // whose changes it wants; none: all
}

// choose reads ?events=NAME,NAME and ?job=ID, each of which may be repeated.
func (s *Site) choose(r *http.Request) (c choice, err error) {
	c.reader = s.reader(r)
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil { // else it would get everything, which it did not ask for
		return c, &refusal{Status: http.StatusBadRequest, Code: "bad_query", Detail: "The part of the address after ? cannot be read. Check how it is encoded."}
	}
	for _, list := range query["events"] {
		for name := range strings.SplitSeq(list, ",") {
			if !feed.IsTold(name) {
				return c, &refusal{Status: http.StatusUnprocessableEntity, Code: "bad_name", Field: "events",
					Detail: "The feed has no such event. Choose among time, stats, job, message and the names under which is published, with commas between them."}
			}
			c.events = append(c.events, name)
		}
	}
	for _, id := range query["job"] {
		if !jobs.ID(id).Valid() {
			return c, &refusal{Status: http.StatusUnprocessableEntity, Code: "no_such_job", Field: "job", Detail: "This is not the id of an export."}
		}
		c.jobs = append(c.jobs, jobs.ID(id))
	}
	slices.Sort(c.events)
	slices.Sort(c.jobs)
	c.events, c.jobs = slices.Compact(c.events), slices.Compact(c.jobs)
	return c, nil
}

// want is the choice as a log takes it; nil: everything.
func (c choice) want() *tail.Want {
	if c.reader == "" && len(c.events) == 0 && len(c.jobs) == 0 {
		return nil
	}
	key := c.reader + "\n" + strings.Join(c.events, ",") + "\n"
	for _, id := range c.jobs {
		key += string(id)
	}
	return &tail.Want{Key: unique.Make(key), Takes: c.takes}
}

func (c choice) takes(l tail.Label) bool {
	if _, found := slices.BinarySearch(c.events, l.Name); !found && len(c.events) > 0 {
		return false
	}
	if l.Job == "" {
		return true
	}
	_, found := slices.BinarySearch(c.jobs, l.Job)
	return (found || len(c.jobs) == 0) && (c.reader == "" || l.Owner == c.reader)
}
