package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/carryout/jobs"
)

const (
	maxRequest  = 1 << 20          // bytes of a request for an export
	bodyTimeout = 30 * time.Second // for a body to arrive
)

// fields are what a request says, each name with its values, whether it came
// as JSON or as a form.
type fields map[string][]string

// read reads the body of a request.
func read(w http.ResponseWriter, r *http.Request, limit int64) (fields, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, unread(err)
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // it is here, and the answer may be a stream
	switch mediaType {
	case "application/x-www-form-urlencoded":
		return parseForm(body)
	case typeJSON:
		return parseJSON(body)
	}
	return nil, &refusal{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type",
		Detail: "Send application/json or application/x-www-form-urlencoded, and say so in the Content-Type header."}
}

// unread says why a body could not be read.
func unread(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return large
	}
	return malformed("", "The body of the request did not arrive whole.")
}

func malformed(field, detail string) error {
	return &refusal{Status: http.StatusBadRequest, Code: "malformed", Field: field, Detail: detail}
}

func parseForm(body []byte) (fields, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformed("", "The form cannot be read: it is not URL-encoded.")
	}
	f := fields(values)
	return f, f.areText()
}

// parseJSON flattens an object: a list becomes several values, and an object
// within becomes names with a dot. Names that come twice are refused, which
// encoding/json would let pass.
func parseJSON(body []byte) (fields, error) {
	if !utf8.Valid(body) {
		return nil, malformed("", "The JSON is not valid UTF-8.")
	}
	f := make(fields)
	d := json.NewDecoder(bytes.NewReader(body))
	if err := f.addObject(d, "", 0); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, malformed("", "There is more than one JSON value.")
	}
	return f, f.areText()
}

var errJSON = malformed("", "The body is not a JSON object such as {\"source\": \"docs\", \"format\": \"zip\"}.")

// addObject reads the object that comes next. Within the object itself no
// other may lie deeper than one level.
func (f fields) addObject(d *json.Decoder, prefix string, depth int) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errJSON
	}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return errJSON
		}
		name = prefix + name
		if _, twice := f[name]; twice {
			return malformed(name, "\""+name+"\" is given twice. Give it once.")
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return errJSON
		}
		if err := f.addValue(name, raw, depth); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return errJSON
	}
	return nil
}

func (f fields) addValue(name string, raw json.RawMessage, depth int) error {
	var one string
	var many []string
	switch {
	case string(raw) == "null":
		f[name] = nil
	case json.Unmarshal(raw, &one) == nil:
		f[name] = []string{one}
	case raw[0] == '[' && json.Unmarshal(raw, &many) == nil:
		f[name] = many
	case raw[0] == '{' && depth == 0:
		f[name] = nil // so that it cannot come twice
		return f.addObject(json.NewDecoder(bytes.NewReader(raw)), name+".", depth+1)
	default:
		return malformed(name, "\""+name+"\" has to be a text, or a list of texts.")
	}
	return nil
}

// areText refuses values that are not text.
func (f fields) areText() error {
	for name, values := range f {
		for _, v := range append(values, name) {
			if !utf8.ValidString(v) {
				return malformed(strings.ToValidUTF8(name, "?"), "A value is not valid UTF-8.")
			}
		}
	}
	return nil
}

// take removes a field that has at most one value and returns it.
func (f fields) take(name string) (string, error) {
	values := f[name]
	delete(f, name)
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", malformed(name, "\""+name+"\" has more than one value. Give it one.")
}

// takeAll removes a field and returns its values.
func (f fields) takeAll(name string) []string {
	values := f[name]
	delete(f, name)
	return values
}

// takeOptions removes all fields "options.NAME".
func (f fields) takeOptions() (map[string]string, error) {
	options := make(map[string]string)
	for name := range f {
		short, ok := strings.CutPrefix(name, "options.")
		if !ok {
			continue
		}
		v, err := f.take(name)
		if err != nil {
			return nil, err
		}
		options[short] = v
	}
	if len(f["options"]) == 0 {
		delete(f, "options") // the object that held them
	}
	if len(options) == 0 {
		return nil, nil
	}
	return options, nil
}

// done refuses fields that nobody has taken.
func (f fields) done() error {
	for name := range f {
		return malformed(name, "There is no field of the name \""+name+"\". Leave it out, or check how it is spelled.")
	}
	return nil
}

// takeSpec removes what belongs to a spec and returns it.
func (f fields) takeSpec() (s jobs.Spec, err error) {
	for _, one := range []struct {
		name string
		into *string
	}{{"source", &s.Source}, {"table", &s.Table}, {"format", &s.Format}} {
		if *one.into, err = f.take(one.name); err != nil {
			return s, err
		}
	}
	s.Paths, s.Columns = f.takeAll("paths"), f.takeAll("columns")
	s.Options, err = f.takeOptions()
	return s, err
}
