package walk_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// take downloads the file of a job in ranges, checks it, and returns its path.
func (s *server) take(j object) string {
	s.t.Helper()
	url, size := j.text("file", "url"), int(j.number("file", "size"))
	var whole []byte
	var etag string
	for len(whole) < size {
		end := min(len(whole)+size/3, size-1)
		resp, part := s.call("GET", url, "", "Range", fmt.Sprintf("bytes=%d-%d", len(whole), end), "If-Range", etag)
		want := http.StatusPartialContent
		if etag == "" {
			etag = resp.Header.Get("ETag")
			resp, part = s.call("GET", url, "", "Range", fmt.Sprintf("bytes=0-%d", end))
		}
		if resp.StatusCode != want {
			s.t.Fatalf("got %s, want %d", resp.Status, want)
		}
		whole = append(whole, part...)
	}
	sum := sha256.Sum256(whole)
	if got, want := hex.EncodeToString(sum[:]), j.text("file", "sha256"); got != want || etag != `"`+want+`"` {
		s.t.Fatalf("got the hash %s and the ETag %s, want %s", got, etag, want)
	}
	path := filepath.Join(s.t.TempDir(), j.text("file", "name"))
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func TestEveryArchiveHoldsWhatTheFolderHolds(t *testing.T) {
	t.Parallel()
	docs := tree(t)
	want := contents(t, docs)
	s := start(t, "-source", "docs="+docs)
	for _, format := range []string{"zip", "tar.gz", "tar.zst"} {
		for _, level := range []string{"fastest", "default", "smallest", "store"} {
			t.Run(format+" "+level, func(t *testing.T) {
				s.t = t
				j := s.ready(s.submit(spec("docs", format, `"options":{"level":"`+level+`"}`)).text("id"))
				if got := j.number("warnings"); got != 0 {
					t.Errorf("got %v warnings, want none", got)
				}
				path := s.take(j)
				to := t.TempDir()
				run(t, "bsdtar", "-x", "-f", path, "-C", to)
				same(t, contents(t, to), want)
				if format == "zip" {
					run(t, "unzip", "-t", "-qq", path)
					same(t, unzip(t, path), want)
				}
				if format == "tar.gz" {
					same(t, untar(t, path), want)
				}
			})
		}
	}
	s.t = t
}

// unzip reads an archive with Go's own reader, as contents reads a folder.
func unzip(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	all := make(map[string]string)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if f.Mode()&os.ModeSymlink != 0 {
			b = append([]byte("-> "), b...)
		}
		all[f.Name] = string(b)
	}
	return all
}

// untar does the same for a tar.gz.
func untar(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", h.Name, err)
		}
		if h.Typeflag == tar.TypeSymlink {
			b = []byte("-> " + h.Linkname)
		}
		all[h.Name] = string(b)
	}
}

func TestASelectionHoldsNothingElse(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t))
	j := s.ready(s.submit(spec("docs", "zip", `"paths":["reports/2026","readme.md"]`)).text("id"))
	got := unzip(t, s.take(j))
	want := map[string]string{"reports/2026/": "", "reports/2026/01.csv": "id,total\n1,2\n", "reports/2026/02.csv": "id,total\n3,4\n", "readme.md": "# Hello\n"}
	same(t, got, want)
}

func TestTheSameRequestIsTheSameFile(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-source", "shop=sqlite:"+shop(t, 1000))
	for _, spec := range []string{spec("docs", "zip"), spec("docs", "tar.gz"), spec("docs", "tar.zst"), spec("shop", "csv", `"table":"orders"`), spec("shop", "jsonl", `"table":"big_orders"`)} {
		a, b := s.ready(s.submit(spec).text("id")), s.ready(s.submit(spec).text("id"))
		if got, want := b.text("file", "sha256"), a.text("file", "sha256"); got != want || a.text("id") == b.text("id") {
			t.Errorf("%s: got %s and then %s, want one hash for two jobs", spec, want, got)
		}
	}
}

func TestTablesHoldWhatTheDatabaseSays(t *testing.T) {
	t.Parallel()
	const rows = 5000
	file := shop(t, rows)
	s := start(t, "-source", "shop=sqlite:"+file)
	db := open(t, file)
	defer db.Close()

	t.Run("csv", func(t *testing.T) {
		s.t = t
		j := s.ready(s.submit(spec("shop", "csv", `"table":"orders"`)).text("id"))
		b, err := os.ReadFile(s.take(j))
		if err != nil {
			t.Fatal(err)
		}
		checkCSV(t, b, db)
		if got := j.number("progress", "items", "done"); got != rows {
			t.Errorf("got %v rows counted, want %d", got, rows)
		}
	})
	t.Run("jsonl", func(t *testing.T) {
		s.t = t
		j := s.ready(s.submit(spec("shop", "jsonl", `"table":"orders","columns":["note","id"]`)).text("id"))
		b, err := os.ReadFile(s.take(j))
		if err != nil {
			t.Fatal(err)
		}
		checkJSONL(t, b, db)
	})
	t.Run("view", func(t *testing.T) {
		s.t = t
		j := s.ready(s.submit(spec("shop", "csv", `"table":"big_orders","options":{"header":"no"}`)).text("id"))
		b, err := os.ReadFile(s.take(j))
		if err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var want int
		if err := db.QueryRow(`SELECT count(*) FROM big_orders`).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if len(got) != want {
			t.Errorf("got %d rows, want %d", len(got), want)
		}
	})
	s.t = t
}

func checkCSV(t *testing.T, b []byte, db *sql.DB) {
	t.Helper()
	// encoding/csv does not tell NULL from "", and turns CRLF within quotes
	// into LF, so both are looked at as they stand.
	got, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if header := strings.Join(got[0], ","); header != "id,note,total,placed,paid,token" {
		t.Errorf("got the header %q", header)
	}
	want, err := db.Query(`SELECT id, note, total, +placed, +paid, hex(token) FROM orders ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	n := 0
	for want.Next() {
		n++
		var id, paid int64
		var note sql.NullString
		var total float64
		var placed, token string
		if err := want.Scan(&id, &note, &total, &placed, &paid, &token); err != nil {
			t.Fatal(err)
		}
		row := got[n]
		gotTotal, err := strconv.ParseFloat(row[2], 64)
		if err != nil || gotTotal != total {
			t.Fatalf("row %d: got the total %q, want %v", id, row[2], total)
		}
		wantRow := []string{fmt.Sprint(id), strings.ReplaceAll(note.String, "\r\n", "\n"), row[2], placed, fmt.Sprint(paid), strings.ToLower(token)}
		gotRow := append([]string{}, row...)
		gotRow[5] = strings.ToLower(gotRow[5])
		if strings.Join(gotRow, "|") != strings.Join(wantRow, "|") {
			t.Fatalf("row %d: got %q, want %q", id, gotRow, wantRow)
		}
	}
	if n != len(got)-1 {
		t.Errorf("got %d rows, want %d", len(got)-1, n)
	}
	if text := string(b); !strings.Contains(text, "4,\"\",") || !strings.Contains(text, "\n5,,") || !strings.Contains(text, "two\nlines\r\nthree") {
		t.Error("NULL, the empty text or line breaks do not stand as they should")
	}
}

func checkJSONL(t *testing.T, b []byte, db *sql.DB) {
	t.Helper()
	want, err := db.Query(`SELECT id, note FROM orders ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	d := json.NewDecoder(bytes.NewReader(b))
	for want.Next() {
		var id int64
		var note sql.NullString
		if err := want.Scan(&id, &note); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Note *string `json:"note"`
			ID   int64   `json:"id"`
		}
		if err := d.Decode(&got); err != nil {
			t.Fatalf("row %d: %v", id, err)
		}
		if got.ID != id || (got.Note != nil) != note.Valid || note.Valid && *got.Note != note.String {
			t.Fatalf("row %d: got %+v, want %v", id, got, note)
		}
	}
	if _, err := d.Token(); err != io.EOF {
		t.Error("there are more rows than the table has")
	}
	if first, _, _ := bytes.Cut(b, []byte("\n")); string(first) != `{"note":"plain","id":1}` {
		t.Errorf("got %s, want the columns in the order asked for", first)
	}
}
