package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/peterbourgon/ff/v3"
)

// readConfig reads the file of -config. The parser that does the work takes a
// file that cannot be read to its end, or has a line that is too long for it,
// for one that ends there, and a server must not start with half its flags.
func readConfig(r io.Reader, set func(name, value string) error) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("reading the file of -config: %w", err)
	}
	n := 0
	for line := range bytes.Lines(text) {
		if n++; len(line) >= bufio.MaxScanTokenSize {
			return fmt.Errorf("line %d of the file of -config is longer than %d bytes", n, bufio.MaxScanTokenSize-1)
		}
	}
	return ff.PlainParser(bytes.NewReader(text), set)
}
