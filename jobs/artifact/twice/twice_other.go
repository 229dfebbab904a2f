//go:build !amd64 || !cgo

package twice

func able() bool { return false }

func add(a, b *[wordsCount]uint32, p []byte) { panic("twice: there are no instructions for it") }
