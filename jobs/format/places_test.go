//go:build !long

package format_test

// places is how many of the places where a file may be cut are tried, spread
// over the file. The long tests try them all.
const places = 6

// randomTrees is how many random trees every program reads.
const randomTrees uint64 = 1
