package format

// All returns every format, in the order in which people are offered them.
func All() []Format {
	return []Format{Zip(), TarGz(), TarZst(), Tar(), CSV(), JSONL()}
}

// Find returns the format of that name.
func Find(list []Format, name string) (f Format, found bool) {
	for _, f := range list {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
