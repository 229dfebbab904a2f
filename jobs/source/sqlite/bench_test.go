package sqlite_test

import (
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// BenchmarkRows reads a table of ten mixed columns.
func BenchmarkRows(b *testing.B) {
	const n = 1_000_000
	src := open(b, database(b, `
		CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, x REAL, y REAL, s TEXT, u TEXT, d DATE, k TEXT, z BLOB);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
		INSERT INTO t SELECT i, i * 37 % 1000, i * 7919, i / 8.0, i * 1.1, 'customer ' || i, 'a longer text, with "quotes" ' || i,
			'2026-01-' || (10 + i % 20), CASE i % 3 WHEN 0 THEN NULL ELSE 'kind' END, x'00ff10' FROM n`))
	data, err := src.Open(b.Context(), jobs.Spec{Table: "t"})
	if err != nil {
		b.Fatal(err)
	}
	defer data.Close()
	for b.Loop() {
		rows := 0
		err := data.Rows.Each(b.Context(), source.Start, func(source.Position, []source.Value) error {
			rows++
			return nil
		})
		if err != nil || rows != n {
			b.Fatalf("got %d rows and error %v, want %d", rows, err, n)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
