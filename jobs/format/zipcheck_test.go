package format_test

import (
	"encoding/binary"
	"io"
	"testing"
)

// checkZip walks through a ZIP archive as APPNOTE has it, and checks that
// ZIP64 is used where a number does not fit, and nowhere else, and that the
// local headers say what the directory says. It returns the number of entries.
func checkZip(t *testing.T, r io.ReaderAt, size int64) (entries int64) {
	t.Helper()
	le := binary.LittleEndian
	read := func(at, n int64) []byte {
		t.Helper()
		b := make([]byte, n)
		if _, err := r.ReadAt(b, at); err != nil {
			t.Fatalf("reading %d bytes at %d: %v", n, at, err)
		}
		return b
	}
	end := read(size-22, 22)
	if le.Uint32(end) != 0x06054b50 {
		t.Fatal("the end of the archive is not where it belongs")
	}
	entries, dirSize, start := int64(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	marked := entries == 0xffff || dirSize == 0xffffffff || start == 0xffffffff
	long := size >= 42 && le.Uint32(read(size-42, 4)) == 0x07064b50
	if long != marked {
		t.Errorf("got ZIP64's locator: %t, and a number that is in it: %t", long, marked)
	}
	if long {
		end64 := read(int64(le.Uint64(read(size-42, 20)[8:])), 56)
		entries, dirSize, start = int64(le.Uint64(end64[32:])), int64(le.Uint64(end64[40:])), int64(le.Uint64(end64[48:]))
		if entries < 0xffff && dirSize < 0xffffffff && start < 0xffffffff {
			t.Errorf("got ZIP64 for %d entries at %d, which fit", entries, start)
		}
	}
	dir := read(start, dirSize)
	next := int64(0) // where the next local header has to be
	for range entries {
		nameLength, extraLength := int64(le.Uint16(dir[28:])), int64(le.Uint16(dir[30:]))
		extra := dir[46+nameLength : 46+nameLength+extraLength]
		numbers := []int64{int64(le.Uint32(dir[24:])), int64(le.Uint32(dir[20:])), int64(le.Uint32(dir[42:]))} // size, packed, offset
		has64 := le.Uint16(extra) == 1
		if has64 {
			rest := extra[4 : 4+le.Uint16(extra[2:])]
			for i := range numbers {
				if numbers[i] == 0xffffffff {
					numbers[i] = int64(le.Uint64(rest))
					rest = rest[8:]
					if numbers[i] < 0xffffffff {
						t.Errorf("got %d in 64 bits, which fits", numbers[i])
					}
				}
			}
			if len(rest) > 0 {
				t.Errorf("got %d bytes in ZIP64 that nothing refers to", len(rest))
			}
		}
		name, flags := string(dir[46:46+nameLength]), le.Uint16(dir[8:])
		local := read(numbers[2], 30)
		localExtra := read(numbers[2]+30+nameLength, int64(le.Uint16(local[28:])))
		if numbers[2] != next || le.Uint32(local) != 0x04034b50 || string(read(numbers[2]+30, nameLength)) != name || le.Uint16(local[6:]) != flags {
			t.Fatalf("%q: got a local header at %d that does not fit, want it at %d", name, numbers[2], next)
		}
		local64 := le.Uint16(localExtra) == 1
		if needs := numbers[0] >= 0xffffffff || numbers[1] >= 0xffffffff; local64 && !needs && flags&8 == 0 || needs && !local64 {
			t.Errorf("%q: got ZIP64 in the local header: %t, and sizes of %d and %d", name, local64, numbers[0], numbers[1])
		}
		for place, version := range map[string]uint16{"local header": le.Uint16(local[4:]), "directory": le.Uint16(dir[6:])} {
			if want := map[bool]uint16{true: 45, false: 20}[local64 || has64 && place == "directory"]; version != want {
				t.Errorf("%q: got the version %d in the %s, want %d", name, version, place, want)
			}
		}
		next = numbers[2] + 30 + nameLength + int64(len(localExtra)) + numbers[1]
		if flags&8 != 0 {
			next += 16
			if local64 {
				next += 8
			}
		} else if !local64 && (le.Uint32(local[22:]) != uint32(numbers[0]) || le.Uint32(local[18:]) != uint32(numbers[1])) {
			t.Errorf("%q: got other sizes in the local header", name)
		}
		dir = dir[46+nameLength+extraLength:]
	}
	if len(dir) > 0 || next != start {
		t.Errorf("got %d bytes after the last entry of the directory, and a gap of %d before it", len(dir), start-next)
	}
	return entries
}
