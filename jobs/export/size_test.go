package export_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// opened counts how often its file is opened.
type opened struct {
	one
	times *int
}

func (o opened) Open(ctx context.Context, e source.Entry) (io.ReadCloser, error) {
	*o.times++
	return o.one.Open(ctx, e)
}

func TestAFileThatIsTooLargeFails(t *testing.T) {
	const limit, large = 2 << 20, 3 << 20
	noise := make([]byte, large) // which does not shrink
	rand.NewChaCha8([32]byte{}).Read(noise)
	for _, test := range []struct {
		name    string
		spec    jobs.Spec
		content string
		reads   bool // to find out
		want    string
	}{
		{"tar", jobs.Spec{Format: "tar"}, string(noise), false, "too_large"},
		{"zip that only stores", jobs.Spec{Format: "zip", Options: map[string]string{"level": "store"}}, string(noise), false, "too_large"},
		{"zip", jobs.Spec{Format: "zip"}, string(noise), true, "too_large"},
		{"tar.gz", jobs.Spec{Format: "tar.gz"}, string(noise), true, "too_large"},
		{"tar.zst", jobs.Spec{Format: "tar.zst"}, string(noise), true, "too_large"},
		{"csv", jobs.Spec{Format: "csv", Table: "t"}, "", true, "too_large"},
		{"zip that shrinks", jobs.Spec{Format: "zip"}, strings.Repeat("x", large), true, ""},
		{"tar that fits", jobs.Spec{Format: "tar"}, string(noise[:limit-10_000]), true, ""},
		{"tar that does not quite", jobs.Spec{Format: "tar"}, string(noise[:limit-100]), true, "too_large"},
	} {
		t.Run(test.name, func(t *testing.T) {
			times, about := 0, aFolder
			data := source.Data{Files: opened{one{content: test.content}, &times}}
			if test.spec.Table != "" {
				about, data = aDatabase, source.Data{Rows: table{rows: large >> 10, text: strings.Repeat("x", 1<<10)}}
			}
			e, root := exporter(t, fake{about: about, data: data})
			e.MaxSize, e.SaveBytes = limit, 1 // a cursor wherever there can be one
			test.spec.Source = "docs"
			_, err := e.Run(t.Context(), task(test.spec))
			fail := &jobs.Failure{}
			if errors.As(err, &fail); fail.Code != test.want || (err != nil) != (test.want != "") {
				t.Fatalf("got %v, want the code %q", err, test.want)
			}
			if test.want != "" && !strings.Contains(fail.Message, "2 MiB") {
				t.Errorf("got %q, want to be told the limit", fail.Message)
			}
			if data.Files != nil && (times > 0) != test.reads {
				t.Errorf("the file was opened %d times", times)
			}
			left, err := os.ReadDir(filepath.Join(root, "staged"))
			if err != nil || len(left) > 0 {
				t.Errorf("got %v, %v, want nothing left behind", left, err)
			}
		})
	}
}
