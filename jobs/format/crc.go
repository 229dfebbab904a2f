package format

// polynomial is that of CRC-32 (IEEE 802.3), reflected: the bit of x⁰ is the
// highest.
const polynomial = 0xedb88320

// joinCRC returns the CRC-32 of a text from those of its two halves, the second
// of which has n bytes. With CRCs as polynomials over GF(2) it is that of the
// first times x to the 8n, and the second added; as in zlib
// (https://github.com/madler/zlib, crc32_combine).
func joinCRC(first, second uint32, n int64) uint32 {
	return multiply(shift(n), first) ^ second
}

// shift returns x to the 8n.
func shift(n int64) uint32 {
	product := uint32(1) << 31
	for x := uint32(1) << 23; n > 0; n >>= 1 {
		if n&1 != 0 {
			product = multiply(x, product)
		}
		x = multiply(x, x)
	}
	return product
}

// multiply multiplies modulo the polynomial.
func multiply(a, b uint32) (product uint32) {
	for m := uint32(1) << 31; m != 0; m >>= 1 {
		if a&m != 0 {
			product ^= b
		}
		b = b>>1 ^ polynomial&-(b&1)
	}
	return product
}
