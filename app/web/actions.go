package web

import (
	"net/http"
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
	if j, err = s.Board.Retry(r.Context(), j.ID); err != nil {
		return err
	}
	return moved(w, r, j)
}

// delete removes a job and its file. A crash between the two leaves a file
// without a job, which the sweep removes.
func (s *Site) delete(w http.ResponseWriter, r *http.Request) error {
	j, err := s.find(r.Context(), r)
	if err != nil {
		return err
	}
	if err := s.Board.Delete(r.Context(), j.ID); err != nil {
		return err
	}
	if err := s.Artifacts.Remove(r.Context(), j.ID); err != nil {
		s.Log.Warn("the file of a deleted job could not be removed; the sweep will try again", "job", j.ID, "err", err)
	}
	if prefersHTML(r) {
		http.Redirect(w, r, "/jobs", http.StatusSeeOther)
		return nil
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
