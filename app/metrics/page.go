// Package metrics measures a server, and writes what it has measured in the text
// format of Prometheus
// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
//
// A [Page] is one answer: families of samples, each with its help and its type.
// Most of them are read where they are known at the moment of the answer; what
// must be counted as it happens is counted by [Jobs], which is told of every
// commit, and by a [Histogram].
//
// Units stand in the names, as Prometheus wants them: seconds and bytes, never
// multiples of them. Counters begin at 0 with the process. What is not known is
// left out and never 0.
//
// The client library of Prometheus would do the same, and brings some modules
// along; what is needed of it is this package.
package metrics

import (
	"strconv"
	"strings"
)

// ContentType is that of a page.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// A Page is an answer to a scrape. Its zero value is empty. A family is written
// once and as a whole.
type Page struct{ text []byte }

// A Sample is one value of a family.
type Sample struct {
	Labels []Label
	Value  float64
}

// A Label tells the samples of a family apart. Its values must be few.
type Label struct{ Name, Value string }

// One is a sample without labels.
func One[N int | int64 | float64](value N) Sample { return Sample{Value: float64(value)} }

// Of is a sample with one label.
func Of[N int | int64 | float64](label, is string, value N) Sample {
	return Sample{Labels: []Label{{label, is}}, Value: float64(value)}
}

// Gauge writes a family of values that go up and down.
func (p *Page) Gauge(name, help string, samples ...Sample) { p.family(name, "gauge", help, samples) }

// Counter writes a family of values that only go up, from 0 at the start of the
// process. By convention its name ends with "_total".
func (p *Page) Counter(name, help string, samples ...Sample) {
	p.family(name, "counter", help, samples)
}

// Histogram writes a family of buckets, their sum and their count.
func (p *Page) Histogram(name, help string, h *Histogram) {
	p.head(name, "histogram", help)
	h.mu.Lock()
	defer h.mu.Unlock()
	var sum int64
	for i, bound := range bounds {
		sum += h.counts[i]
		p.sample(name+"_bucket", Of("le", number(bound.Seconds()), sum))
	}
	sum += h.counts[len(bounds)]
	p.sample(name+"_bucket", Of("le", "+Inf", sum))
	p.sample(name+"_sum", One(h.sum.Seconds()))
	p.sample(name+"_count", One(sum))
}

// Bytes returns the page.
func (p *Page) Bytes() []byte { return p.text }

// family writes nothing for a family without samples, which is not known.
func (p *Page) family(name, kind, help string, samples []Sample) {
	if len(samples) == 0 {
		return
	}
	p.head(name, kind, help)
	for _, s := range samples {
		p.sample(name, s)
	}
}

var (
	escapeHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapeValue = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func (p *Page) head(name, kind, help string) {
	p.text = append(p.text, "# HELP "+name+" "+escapeHelp.Replace(help)+"\n# TYPE "+name+" "+kind+"\n"...)
}

func (p *Page) sample(name string, s Sample) {
	p.text = append(p.text, name...)
	for i, l := range s.Labels {
		open := byte(',')
		if i == 0 {
			open = '{'
		}
		p.text = append(p.text, open)
		p.text = append(p.text, l.Name+`="`+escapeValue.Replace(l.Value)+`"`...)
	}
	if len(s.Labels) > 0 {
		p.text = append(p.text, '}')
	}
	p.text = append(p.text, " "+number(s.Value)+"\n"...)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
