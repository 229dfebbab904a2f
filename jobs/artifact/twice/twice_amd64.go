package twice

/*
#cgo CFLAGS: -O2 -Wall -Wextra
#include "twice.h"
*/
import "C"

import (
	"crypto/sha256"
	"unsafe"
)

func able() bool { return bool(C.twice_able()) }

// add adds p, which is whole blocks, to both states.
func add(a, b *[wordsCount]uint32, p []byte) {
	C.twice_add((*C.uint32_t)(&a[0]), (*C.uint32_t)(&b[0]), (*C.uint8_t)(unsafe.SliceData(p)), C.size_t(len(p)/sha256.BlockSize))
}
