package format

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.org/carryout/jobs/source"
)

// CSV returns comma-separated values (RFC 4180,
// https://www.rfc-editor.org/rfc/rfc4180) in UTF-8. Lines end with CRLF, as it
// says there. NULL is an empty field and the empty text is "" (in a table of
// one column a NULL is thus an empty line). Fields are quoted only where they
// must be. Numbers with a fraction or an exponent read back exactly, infinite
// ones are Infinity and -Infinity.
func CSV() Format {
	return Format{
		Name: "csv", Title: "CSV", Hint: "For spreadsheets and nearly everything else.",
		Ext: ".csv", Media: "text/csv; charset=utf-8", Version: 1,
		Options: []Option{
			{Name: "header", Title: "Column names in the first line", Default: "yes",
				Values: []Choice{{"yes", "Yes"}, {"no", "No"}}},
			{Name: "delimiter", Title: "Between two fields", Default: "comma",
				Values: []Choice{{"comma", "Comma"}, {"semicolon", "Semicolon"}, {"tab", "Tab"}}},
			{Name: "bom", Title: "Byte order mark, which tells Excel that this is UTF-8", Default: "no",
				Values: []Choice{{"no", "No"}, {"yes", "Yes"}}},
			{Name: "formulas", Title: "Text that a spreadsheet would calculate", Default: "keep",
				Values: []Choice{{"keep", "Keep as it is"}, {"escape", "Put an apostrophe before it"}}},
			{Name: "blobs", Title: "Binary values", Default: "hex",
				Values: []Choice{{"hex", "Hexadecimal"}, {"base64", "Base64"}}},
		},
		Rows: func(ctx context.Context, t Task, in source.Rows) error {
			run := table{task: t, in: in, sheet: newCSVSheet(t.Options)}
			return run.run(ctx)
		},
	}
}

// csvSheet writes CSV.
type csvSheet struct {
	header   bool
	bom      bool
	escape   bool // formulas
	base64   bool
	comma    byte
	quotable string // what makes quotes necessary
}

func newCSVSheet(o map[string]string) *csvSheet {
	s := &csvSheet{header: o["header"] != "no", bom: o["bom"] == "yes", escape: o["formulas"] == "escape",
		base64: o["blobs"] == "base64", comma: ','}
	switch o["delimiter"] {
	case "semicolon":
		s.comma = ';'
	case "tab":
		s.comma = '\t'
	}
	s.quotable = "\"\r\n" + string(s.comma)
	return s
}

// head implements sheet.
func (s *csvSheet) head(b []byte, columns []source.Column) []byte {
	if s.bom {
		b = append(b, "\uFEFF"...)
	}
	if !s.header {
		return b
	}
	for i, c := range columns {
		b = s.separate(b, i)
		b = s.text(b, c.Name, &losses{})
	}
	return append(b, "\r\n"...)
}

// row implements sheet.
func (s *csvSheet) row(b []byte, values []source.Value, l *losses) []byte {
	for i, v := range values {
		b = s.separate(b, i)
		b = s.value(b, v, l)
	}
	return append(b, "\r\n"...)
}

func (s *csvSheet) separate(b []byte, i int) []byte {
	if i == 0 {
		return b
	}
	return append(b, s.comma)
}

func (s *csvSheet) value(b []byte, v source.Value, l *losses) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendCSVFloat(b, v)
	case string:
		return s.text(b, v, l)
	case []byte:
		return s.blob(b, v)
	}
	return b // NULL
}

func appendCSVFloat(b []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	case math.IsNaN(f):
		return append(b, "NaN"...)
	}
	return appendFloat(b, f)
}

func (s *csvSheet) blob(b, v []byte) []byte {
	switch {
	case len(v) == 0:
		return append(b, `""`...)
	case s.base64:
		return base64.StdEncoding.AppendEncode(b, v)
	}
	return hex.AppendEncode(b, v)
}

func (s *csvSheet) text(b []byte, v string, l *losses) []byte {
	if !utf8.ValidString(v) {
		l.text++
		v = string([]rune(v)) // U+FFFD for each byte that is none
	}
	if s.escape && isFormula(v) {
		v = "'" + v
	}
	if v != "" && !strings.ContainsAny(v, s.quotable) {
		return append(b, v...)
	}
	b = append(b, '"')
	for {
		quote := strings.IndexByte(v, '"')
		if quote < 0 {
			break
		}
		b = append(append(b, v[:quote+1]...), '"')
		v = v[quote+1:]
	}
	return append(append(b, v...), '"')
}

// isFormula reports whether a spreadsheet might calculate the text v
// (https://owasp.org/www-community/attacks/CSV_Injection).
func isFormula(v string) bool {
	return v != "" && strings.IndexByte("=+-@\t\r", v[0]) >= 0
}
