//go:build long

package format_test

const places = 1 << 30
