package walk_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A point is a place in the code, and what the server is doing there.
type point struct {
	name  string
	doing ordeal
}

// points are all places between two durable steps at which the server is
// killed.
var points = []point{
	// A request becomes durable and is answered.
	{"transaction-written", making}, {"transaction-committed", making}, {"transaction-told", making}, {"submit-durable", making},
	// A file grows, and its cursor with it.
	{"format-begun", making}, {"file-opened", making}, {"piece-packed", making}, {"rows-read", tabling},
	{"staged-written", making}, {"staged-synced", making}, {"staged-kept", making}, {"cursor-kept", making},
	// A table is copied before it is read.
	{"copy-written", freezing}, {"copy-kept", freezing}, {"copy-opened", freezing.after("cursor-kept")},
	// It gets its name, and the job its last event.
	{"file-synced", making}, {"hashes-kept", making}, {"file-named", making}, {"file-kept", making}, {"run-ended", making},
	{"older-file-removed", making.after("file-kept")},
	{"file-linked", reusing},
	// It goes.
	{"discard-recorded", deleting}, {"file-removed", deleting}, {"discarded", deleting},
	{"discard-recorded", expiring}, {"file-removed", expiring}, {"discarded", expiring},
	// The server starts again.
	{"interrupted-put-back", making.after("cursor-kept")}, {"orphan-removed", expiring.after("discard-recorded")},
}

// The server is killed at some points between two steps. The long tests kill it
// at all of them.
func TestAKillBetweenTwoStepsLosesNothing(t *testing.T) {
	t.Parallel()
	for point, hit := range map[string]int{"transaction-committed": 4, "staged-synced": 2, "cursor-kept": 1, "file-named": 1} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			if !making.endure(t, point, hit) {
				t.Errorf("the server never came to %s", point)
			}
		})
	}
}

// failing is the program under test, built so that it can be made to fail. It
// is built when it is needed first.
func failing(t *testing.T) string {
	t.Helper()
	building.Do(func() {
		building.path = filepath.Join(filepath.Dir(binary), "failing")
		out, err := exec.Command("go", "build", "-race", "-tags", "failpoints", "-o", building.path, "../cmd/carryout").CombinedOutput()
		if err != nil {
			building.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if building.err != nil {
		t.Fatal(building.err)
	}
	return building.path
}

var building struct {
	sync.Once
	path string
	err  error
}

var named = regexp.MustCompile(`failpoint\.(?:At|Err)\("([^"]+)"\)`)

// inCode lists the points that stand in the code.
func inCode(t *testing.T) (names []string) {
	t.Helper()
	for _, root := range []string{"../../jobs", "../../app"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "jobs/failpoint/") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range named.FindAllSubmatch(text, -1) {
				names = append(names, string(m[1]))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	return names
}

func TestEveryFailpointIsGoneThrough(t *testing.T) {
	t.Parallel()
	names := inCode(t)
	if len(names) == 0 || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("got the points %v, want some, and each once", names)
	}
	for _, name := range names {
		if !slices.ContainsFunc(points, func(p point) bool { return p.name == name }) {
			t.Errorf("no test kills the server at %s", name)
		}
	}
	for _, p := range points {
		if !slices.Contains(names, p.name) {
			t.Errorf("%s is not a point in the code", p.name)
		}
	}
}

func TestTheOrdinaryProgramHoldsNoFailpoint(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range append(inCode(t), "CARRYOUT_FAILPOINT", "jobs/failpoint.") {
		if bytes.Contains(program, []byte(trace)) {
			t.Errorf("got %q in the program", trace)
		}
	}
	out := run(t, "go", "tool", "nm", binary)
	if strings.Contains(out, "failpoint") {
		t.Error("got a symbol of the package failpoint")
	}
}
