//go:build !failpoints

package failpoint

// At ends the process or panics, if it is to.
func At(string) {}

// Err does the same, or returns an error.
func Err(string) error { return nil }
