package web

import (
	"net/http"

	"example.org/carryout/jobs/work"
)

// cancel ends a queued or running job.
func (s *Site) cancel(w http.ResponseWriter, r *http.Request) error {
	j, err := s.find(r.Context(), r)
	if err != nil {
		return err
	}
	if j, err = s.Board.Cancel(r.Context(), j.ID, "it was canceled on request"); err != nil {
		return err
	}
	return moved(w, r, j)
}

// retry puts a failed or canceled job back into the queue.
func (s *Site) retry(w http.ResponseWriter, r *http.Request) error {
	if s.stopping() {
		return errStopping
	}
	j, err := s.find(r.Context(), r)
	if err != nil {
		return err
	}
	if err := s.hasRoom(r.Context()); err != nil {
		return err
	}
	if j, err = s.Board.Retry(r.Context(), j.ID); err != nil {
		return s.busy(r.Context(), err)
	}
	return moved(w, r, j)
}

// delete removes a job and its file, also on a disk that is full.
func (s *Site) delete(w http.ResponseWriter, r *http.Request) error {
	j, err := s.find(r.Context(), r)
	if err != nil {
		return err
	}
	recorded, removed := work.Discard(r.Context(), s.Artifacts, j.ID, s.Board.Delete)
	if removed != nil {
		s.Log.Warn("the file of a deleted job could not be removed; the sweep will try again", "job", j.ID, "err", removed)
	}
	if recorded != nil {
		return recorded
	}
	if prefersHTML(r) {
		http.Redirect(w, r, "/jobs", http.StatusSeeOther)
		return nil
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
