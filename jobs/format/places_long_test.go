//go:build long

package format_test

const places = 1 << 30

const randomTrees uint64 = 15
