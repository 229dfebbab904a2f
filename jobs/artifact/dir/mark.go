package dir

import (
	"strconv"
	"strings"

	"example.org/carryout/jobs/artifact"
)

// markVersion begins the text of a mark: VERSION NAME SIZE.
const markVersion = "1"

// mark is where a staged file can be gone on from.
type mark struct {
	name string
	size int64
}

func (m mark) append(b []byte) []byte {
	b = append(b, markVersion+" "+m.name+" "...)
	return strconv.AppendInt(b, m.size, 10)
}

// parseMark reads what append has written. What it cannot read is stale.
func parseMark(b []byte) (mark, error) {
	fields := strings.Split(string(b), " ")
	if len(fields) != 3 || fields[0] != markVersion {
		return mark{}, artifact.ErrStale
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if _, ok := owner(fields[1]); !ok || err != nil || size < 0 {
		return mark{}, artifact.ErrStale
	}
	return mark{name: fields[1], size: size}, nil
}
