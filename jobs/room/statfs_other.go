//go:build !linux && !darwin && !freebsd

package room

import "errors"

// statfs cannot ask these systems. Only those who meet a full disk know of it.
func statfs(string) (Space, error) {
	return Space{}, errors.ErrUnsupported
}
