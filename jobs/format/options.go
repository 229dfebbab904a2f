package format

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.org/carryout/jobs"
)

// Check returns a *jobs.SpecError if o names an option that f does not have,
// or gives one a value that it does not take.
func (f Format) Check(o map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		i := slices.IndexFunc(f.Options, func(have Option) bool { return have.Name == name })
		if i < 0 {
			return &jobs.SpecError{Field: "options." + name, Code: "unknown_option", Message: f.options()}
		}
		if !f.Options[i].takes(o[name]) {
			return &jobs.SpecError{Field: "options." + name, Code: "unknown_value", Message: f.Options[i].values()}
		}
	}
	return nil
}

// Complete returns o with the defaults of the options that it leaves out.
func (f Format) Complete(o map[string]string) map[string]string {
	all := make(map[string]string, len(f.Options))
	for _, option := range f.Options {
		all[option.Name] = option.Default
	}
	maps.Copy(all, o)
	return all
}

// options says in a sentence which options there are.
func (f Format) options() string {
	if len(f.Options) == 0 {
		return "The format " + f.Name + " has no options; leave it out."
	}
	names := make([]string, len(f.Options))
	for i, o := range f.Options {
		names[i] = strconv.Quote(o.Name)
	}
	return "The format " + f.Name + " does not have this option; it has " + strings.Join(names, ", ") + "."
}

func (o Option) takes(value string) bool {
	return slices.ContainsFunc(o.Values, func(c Choice) bool { return c.Value == value })
}

// values says in a sentence what the option can be.
func (o Option) values() string {
	values := make([]string, len(o.Values))
	for i, c := range o.Values {
		values[i] = strconv.Quote(c.Value)
	}
	return "Choose one of " + strings.Join(values, ", ") + "."
}

// Has reports whether f has an option of that name.
func (f Format) Has(name string) bool {
	return slices.ContainsFunc(f.Options, func(o Option) bool { return o.Name == name })
}

// Stores reports whether a file with those options is at least as large as the
// files that it holds.
func (f Format) Stores(o map[string]string) bool {
	return f.Files != nil && (!f.Has("level") || o["level"] == "store")
}
