package format

import "example.org/carryout/jobs"

// losses counts the values of a table that a file cannot hold as they are.
type losses struct {
	text    int64 // that is not UTF-8
	numbers int64 // that are none, or infinite
}

func (l losses) warnings() (list []jobs.Warning) {
	if l.text > 0 {
		list = append(list, jobs.Warning{Code: "invalid_text", Count: l.text,
			Message: "Some texts are not valid UTF-8; each byte at fault became the replacement character U+FFFD."})
	}
	if l.numbers > 0 {
		list = append(list, jobs.Warning{Code: "no_number", Count: l.numbers,
			Message: "Some numbers are infinite or none, which JSON cannot say; they became null."})
	}
	return list
}
