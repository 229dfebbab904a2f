package main

import "example.org/carryout/jobs/room"

// minFree is the value of a flag that is a number of bytes, or says that the
// size of the disk tells.
type minFree int64

const auto = "auto"

// String implements [flag.Value].
func (m *minFree) String() string {
	if *m < 0 {
		return auto
	}
	return (*size)(m).String()
}

// Set implements [flag.Value].
func (m *minFree) Set(value string) error {
	if value == auto {
		*m = minFree(room.Auto)
		return nil
	}
	var n size
	if err := n.Set(value); err != nil {
		return err
	}
	if n < 0 {
		return errSize
	}
	*m = minFree(n)
	return nil
}
