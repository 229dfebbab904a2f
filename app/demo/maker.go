package demo

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A maker makes up the rows of the shop, in order.
type maker struct {
	r         *rand.Rand
	customers int
	products  int
	row       []any // of the latest order, used again
}

func (m *maker) customer(id int) []any {
	r := m.r
	name := pick(r, firstNames) + " " + pick(r, lastNames)
	var email, born, credit any
	if r.IntN(10) > 0 {
		email = "customer" + strconv.Itoa(id) + "@example.com"
	}
	if r.IntN(5) > 0 {
		born = day(r).AddDate(-20-r.IntN(50), 0, 0).Format(time.DateOnly)
	}
	if r.IntN(3) == 0 {
		credit = r.Float64() * 1000
	}
	city := pick(r, cities)
	address := strconv.Itoa(1+r.IntN(200)) + " " + pick(r, words) + " street,\n" + city
	return []any{id, name, email, city, born, r.IntN(20) == 0, credit, address}
}

func (m *maker) product(id int) []any {
	r := m.r
	var weight, thumbnail, discontinued any
	if r.IntN(4) > 0 {
		weight = float64(r.IntN(5000)) / 1000
	}
	if r.IntN(3) > 0 {
		thumbnail = noise(nil, r, 100+r.IntN(400))
	}
	if r.IntN(10) == 0 {
		discontinued = day(r).Format(time.DateOnly)
	}
	description := string(prose(nil, r, r.IntN(400)))
	sku := "SKU-" + strconv.Itoa(100_000+id)
	return []any{id, sku, pick(r, goods) + ", " + pick(r, words), description, 99 + r.IntN(20_000), weight, thumbnail, discontinued}
}

// order makes up an order. What it returns is valid until the next call.
func (m *maker) order(id int) []any {
	r := m.r
	quantity := 1 + r.IntN(9)
	total := int64(quantity) * int64(99+r.IntN(20_000))
	if r.IntN(200) == 0 {
		total = -total // given back
	}
	at := epoch.Add(-time.Duration(r.IntN(3*365*24*3600)) * time.Second)
	m.row = append(m.row[:0], id, 1+r.IntN(m.customers), 1+r.IntN(m.products), at.Format(time.DateTime), quantity,
		total, string(appendCents(nil, total)), pick(r, states), m.note(), m.token())
	return m.row
}

// note is what a customer wrote, in one of ten orders.
func (m *maker) note() any {
	r := m.r
	switch r.IntN(40) {
	case 0:
		return ""
	case 1:
		return `please, "ring twice"` + "\nand leave it at the door"
	case 2:
		return pick(r, cities) + ", " + pick(r, goods) + " 🥡"
	case 3:
		return strings.TrimSpace(string(sentence(nil, r, 3+r.IntN(20))))
	}
	return nil
}

func (m *maker) token() any {
	if m.r.IntN(4) > 0 {
		return nil
	}
	token := make([]byte, 8)
	for i := range token {
		token[i] = byte(m.r.IntN(256))
	}
	return token
}
