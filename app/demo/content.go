package demo

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"time"
)

// A kind makes what a file holds: it appends about size bytes to b.
type kind func(b []byte, r *rand.Rand, size int) []byte

// prose is text in paragraphs, with headings.
func prose(b []byte, r *rand.Rand, size int) []byte {
	for end := len(b) + size; len(b) < end; {
		b = append(b, "# "...)
		b = sentence(b, r, 3)
		b = append(b, "\n\n"...)
		for range 1 + r.IntN(5) {
			for range 1 + r.IntN(7) {
				b = sentence(b, r, 4+r.IntN(12))
				b = append(b, ". "...)
			}
			b = append(b, "\n\n"...)
		}
	}
	return b
}

func sentence(b []byte, r *rand.Rand, n int) []byte {
	for i := range n {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, pick(r, words)...)
	}
	return b
}

// records is JSON: a list of objects.
func records(b []byte, r *rand.Rand, size int) []byte {
	b = append(b, "[\n"...)
	for end, i := len(b)+size, 0; len(b) < end; i++ {
		if i > 0 {
			b = append(b, ",\n"...)
		}
		b = append(b, `  {"id": `...)
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, `, "name": "`...)
		b = append(b, pick(r, goods)...)
		b = append(b, `", "price": `...)
		b = appendCents(b, int64(r.IntN(100_000)))
		b = append(b, `, "text": "`...)
		b = sentence(b, r, 6)
		b = append(b, `", "gone": null}`...)
	}
	return append(b, "\n]\n"...)
}

// table is CSV (RFC 4180).
func table(b []byte, r *rand.Rand, size int) []byte {
	b = append(b, "date,city,item,amount,note\r\n"...)
	for end := len(b) + size; len(b) < end; {
		b = day(r).AppendFormat(b, time.DateOnly)
		b = append(b, ',')
		b = append(b, pick(r, cities)...)
		b = append(b, ',')
		b = append(b, pick(r, goods)...)
		b = append(b, ',')
		b = appendCents(b, int64(r.IntN(1_000_000)))
		b = append(b, `,"`...)
		b = sentence(b, r, 4)
		b = append(b, `, ""quoted"""`+"\r\n"...)
	}
	return b
}

// events is the log of a web server.
func events(b []byte, r *rand.Rand, size int) []byte {
	at := day(r)
	for end := len(b) + size; len(b) < end; {
		at = at.Add(time.Duration(r.IntN(5000)) * time.Millisecond)
		b = append(b, "10.0."...)
		b = strconv.AppendInt(b, int64(r.IntN(256)), 10)
		b = append(b, '.')
		b = strconv.AppendInt(b, int64(r.IntN(256)), 10)
		b = at.AppendFormat(b, " [2006-01-02T15:04:05.000Z] ")
		b = append(b, `"GET /`...)
		b = append(b, pick(r, words)...)
		b = append(b, '/')
		b = strconv.AppendInt(b, int64(r.IntN(10_000)), 10)
		b = append(b, ` HTTP/1.1" 200 `...)
		b = strconv.AppendInt(b, int64(r.IntN(100_000)), 10)
		b = append(b, '\n')
	}
	return b
}

// noise does not compress: it begins like a picture and goes on at random.
func noise(b []byte, r *rand.Rand, size int) []byte {
	b = append(b, "\xff\xd8\xff\xe0\x00\x10JFIF\x00"...)
	for end := len(b) + size; len(b) < end; {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b
}

// appendCents writes an amount of money with its decimal point.
func appendCents(b []byte, cents int64) []byte {
	if cents < 0 {
		b, cents = append(b, '-'), -cents
	}
	b = strconv.AppendInt(b, cents/100, 10)
	return append(b, '.', byte('0'+cents/10%10), byte('0'+cents%10))
}

// day is a day in the three years before the epoch.
func day(r *rand.Rand) time.Time { return epoch.AddDate(0, 0, -r.IntN(3*365)) }

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }
