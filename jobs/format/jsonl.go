package format

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"

	"example.org/carryout/jobs/source"
)

// JSONL returns JSON Lines (https://jsonlines.org): each row is an object on a
// line of its own, its names in the order of the columns. NULL is null, and so
// are numbers that are infinite or none, which JSON (RFC 8259,
// https://www.rfc-editor.org/rfc/rfc8259) cannot say. Numbers with a fraction
// or an exponent read back exactly and are never written as integers.
func JSONL() Format {
	return Format{
		Name: "jsonl", Title: "JSON Lines", Hint: "For programs; keeps numbers, texts and NULL apart.",
		Ext: ".jsonl", Media: "application/jsonl", Version: 1,
		Options: []Option{
			{Name: "blobs", Title: "Binary values", Default: "base64",
				Values: []Choice{{"base64", "Base64"}, {"hex", "Hexadecimal"}}},
			{Name: "bigints", Title: "Integers beyond 2^53, which JavaScript cannot hold", Default: "number",
				Values: []Choice{{"number", "Number"}, {"string", "Text"}}},
		},
		Rows: func(ctx context.Context, t Task, in source.Rows) error {
			run := table{task: t, in: in, sheet: &jsonSheet{
				hex: t.Options["blobs"] == "hex", bigText: t.Options["bigints"] == "string"}}
			return run.run(ctx)
		},
	}
}

// jsonSheet writes JSON Lines.
type jsonSheet struct {
	hex     bool     // blobs
	bigText bool     // integers beyond 2^53 are text
	names   []string // of the columns: all that stands before a value
}

// head implements sheet.
func (s *jsonSheet) head(b []byte, columns []source.Column) []byte {
	s.names = make([]string, len(columns))
	before := byte('{')
	for i, c := range columns {
		name := appendJSONString([]byte{before}, c.Name, &losses{})
		s.names[i] = string(append(name, ':'))
		before = ','
	}
	return b
}

// row implements sheet.
func (s *jsonSheet) row(b []byte, values []source.Value, l *losses) []byte {
	if len(values) == 0 {
		return append(b, "{}\n"...)
	}
	for i, v := range values {
		b = append(b, s.names[i]...)
		b = s.value(b, v, l)
	}
	return append(b, "}\n"...)
}

func (s *jsonSheet) value(b []byte, v source.Value, l *losses) []byte {
	switch v := v.(type) {
	case int64:
		return s.integer(b, v)
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			l.numbers++
			return append(b, "null"...)
		}
		return appendFloat(b, v)
	case string:
		return appendJSONString(b, v, l)
	case []byte:
		return s.blob(b, v)
	}
	return append(b, "null"...)
}

func (s *jsonSheet) integer(b []byte, v int64) []byte {
	const exact = 1 << 53
	if !s.bigText || -exact <= v && v <= exact {
		return strconv.AppendInt(b, v, 10)
	}
	return append(strconv.AppendInt(append(b, '"'), v, 10), '"')
}

func (s *jsonSheet) blob(b, v []byte) []byte {
	b = append(b, '"')
	if s.hex {
		b = hex.AppendEncode(b, v)
	} else {
		b = base64.StdEncoding.AppendEncode(b, v)
	}
	return append(b, '"')
}
