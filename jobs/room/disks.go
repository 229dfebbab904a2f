package room

// Disks returns what the disks of the files and of the database have, which may
// be the same one. One that does not say is nil.
func (w *Watch) Disks() (artifacts, database *Space) {
	return w.disk(w.Artifacts), w.disk(w.Database)
}

func (w *Watch) disk(folder string) *Space {
	s, err := w.look(folder)
	if err != nil {
		return nil
	}
	return &s
}
