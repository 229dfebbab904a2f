package web

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"example.org/carryout/jobs"
)

const (
	stretch        = 256 << 10        // bytes of a download that share a deadline
	stretchTimeout = 60 * time.Second // for one stretch to be taken
	noteTimeout    = 5 * time.Second  // for a download to be noted: as long as the store waits for a lock
)

// file hands out the artifact: whole, or by ranges (RFC 9110, section 14), with
// its SHA-256 as a strong ETag and as a Repr-Digest (RFC 9530,
// https://www.rfc-editor.org/rfc/rfc9530).
func (s *Site) file(w http.ResponseWriter, r *http.Request) error {
	j, err := s.find(r.Context(), r)
	if err != nil {
		return err
	}
	if err := downloadable(j); err != nil {
		return err
	}
	back, ok := s.Desk.Lend(j.ID)
	if !ok {
		return errGone // it expires at this moment
	}
	defer back()
	a, err := s.Artifacts.Open(r.Context(), j.ID)
	if errors.Is(err, jobs.ErrNotFound) {
		return errGone // it expired at this moment
	}
	if err != nil {
		return err
	}
	defer a.Close()
	sum := hex.EncodeToString(a.SHA256[:])
	if sum != j.File.SHA256 {
		return fmt.Errorf("job %s: the file has the hash %s, and the job says %s", j.ID, sum, j.File.SHA256)
	}
	h := w.Header()
	h.Set("Content-Type", j.File.Type)
	h.Set("Content-Disposition", disposition(j.File.Name))
	h.Set("ETag", `"`+sum+`"`)
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(a.SHA256[:])+":")
	h.Set("Cache-Control", "private, no-cache, no-transform")
	if err := checkRange(r, a.Size); err != nil {
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(a.Size, 10))
		return err
	}
	p := &paced{ResponseWriter: w, rc: http.NewResponseController(w), total: &s.tallies.downloaded}
	http.ServeContent(p, r, "", j.Finished, a.ReadSeekCloser)
	if p.last(r, a.Size) {
		s.tallies.downloads.Add(1)
		s.downloaded(r.Context(), j.ID)
	}
	return nil
}

// downloaded takes note that somebody has a file. The next request on the same
// connection does not wait for that, however long the store is held. One note at
// a time is enough for a job.
func (s *Site) downloaded(ctx context.Context, id jobs.ID) {
	if _, noting := s.noted.LoadOrStore(id, nil); noting {
		return
	}
	s.noting.Go(func() {
		defer s.noted.Delete(id)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
		defer cancel()
		if err := s.Shelf.Downloaded(ctx, id); err != nil {
			s.Log.Warn("a download could not be noted", "job", id, "err", err)
		}
	})
}

var errGone = &refusal{Status: http.StatusGone, Code: "expired", Detail: "The file of this export has expired and was removed. Ask for the export again."}

// downloadable says why a job has no file to download.
func downloadable(j jobs.Job) error {
	switch j.State {
	case jobs.Ready:
		return nil
	case jobs.Expired:
		return errGone
	case jobs.Queued, jobs.Running:
		return &refusal{Status: http.StatusConflict, Code: "not_ready", Detail: "This export is " + string(j.State) + ". Its file can be downloaded once it is ready."}
	}
	return &refusal{Status: http.StatusConflict, Code: "not_ready", Detail: "This export is " + string(j.State) + " and has no file. Try it again to get one."}
}

// disposition names a download, for old clients in ASCII and for all others in
// UTF-8 (RFC 6266, https://www.rfc-editor.org/rfc/rfc6266#appendix-D).
func disposition(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%/`, r) {
			return '_'
		}
		return r
	}, name)
	plain := `attachment; filename="` + ascii + `"`
	if ascii == name {
		return plain
	}
	return plain + "; filename*=UTF-8''" + extended(name)
}

// extended encodes a value with all characters but those that RFC 8187 lets
// stand (https://www.rfc-editor.org/rfc/rfc8187#section-3.2.1).
func extended(value string) string {
	const stand = "!#$&+-.^_`|~"
	var b strings.Builder
	for _, c := range []byte(value) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(stand, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// paced gives every stretch of a download a deadline of its own, so that a
// long one may take its time and a dead one does not.
type paced struct {
	http.ResponseWriter
	rc     *http.ResponseController
	status int
	sent   int64         // bytes
	total  *atomic.Int64 // bytes of all downloads
}

// WriteHeader implements [http.ResponseWriter].
func (p *paced) WriteHeader(status int) {
	p.status = status
	p.ResponseWriter.WriteHeader(status)
}

// last reports whether the end of a file of that size was sent, so that somebody
// who has taken all that comes before has all of it. Who asks for the end alone,
// by a suffix range, wants to look into an archive.
func (p *paced) last(r *http.Request, size int64) bool {
	if r.Method != http.MethodGet {
		return false
	}
	if p.status == http.StatusOK {
		return p.sent == size
	}
	if p.status != http.StatusPartialContent || strings.HasPrefix(r.Header.Get("Range"), "bytes=-") {
		return false
	}
	var first, end, whole int64
	n, err := fmt.Sscanf(p.Header().Get("Content-Range"), "bytes %d-%d/%d", &first, &end, &whole)
	return err == nil && n == 3 && end == size-1 && p.sent == size-first
}

// Write implements [io.Writer].
func (p *paced) Write(b []byte) (n int, err error) {
	p.extend()
	n, err = p.ResponseWriter.Write(b)
	p.took(int64(n))
	return n, err
}

// ReadFrom implements [io.ReaderFrom], through which the kernel copies the file
// to the socket by itself.
func (p *paced) ReadFrom(r io.Reader) (n int64, err error) {
	whole, ok := r.(*io.LimitedReader)
	if !ok {
		whole = &io.LimitedReader{R: r, N: 1<<63 - 1}
	}
	for whole.N > 0 {
		p.extend()
		part := &io.LimitedReader{R: whole.R, N: min(whole.N, stretch)}
		m, err := io.Copy(p.ResponseWriter, part)
		n += m
		p.took(m)
		whole.N -= m
		if err != nil || part.N > 0 {
			return n, err
		}
	}
	return n, nil
}

func (p *paced) took(n int64) {
	p.sent += n
	p.total.Add(n)
}

func (p *paced) extend() {
	_ = p.rc.SetWriteDeadline(time.Now().Add(stretchTimeout)) // not all writers can: then none is set
}
