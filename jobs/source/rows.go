package source

import "context"

// Rows are the selected columns of a table or view, all read from one state of
// the database.
type Rows interface {
	// Columns returns what each row holds, in order.
	Columns() []Column

	// Count returns how many rows there are in all.
	Count(ctx context.Context) (int64, error)

	// Version names the state that the rows are read from: two Rows of one spec
	// with the same version hold the same. Empty: that cannot be told.
	Version() string

	// Each reads the rows that come after the position after, in an order that
	// is the same every time, and stops at the first error of do, which it
	// returns. Start is before the first row. A position belongs to a row of an
	// unchanged source; it says nothing of how many rows come before it.
	Each(ctx context.Context, after Position, do func(at Position, row []Value) error) error

	Close() error
}

// A Position is a place between two rows.
type Position int64

// Start is the Position before the first row.
const Start Position = -1 << 63

// A Value is nil, an int64, a float64, a string (text, which may not be valid
// UTF-8) or a []byte (a blob). Blobs are valid until do returns.
type Value any
