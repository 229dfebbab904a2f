package format_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
)

// mixed is a tree with files that are cut in each way there is, and some that
// do not hold still.
func mixed() source.Data {
	long := strings.Repeat("a line of a log that has more of them than fit\n", 200_000) // 9.4 MB
	nodes := sample()
	nodes["forbidden"] = node{content: "secret", opening: fs.ErrPermission}
	nodes["shrunk"] = node{content: "0123456789", planned: 15}
	nodes["broken"] = node{content: "01234", planned: 10, broken: true}
	nodes["very/large and mixed"] = node{content: noise(1<<20) + long[:4<<20] + noise(3<<20) + long[:1<<20]}
	nodes["very/large and shrunk"] = node{content: long[:6<<20], planned: 9 << 20} // at the end of a part
	nodes["very/large and grown"] = node{content: long, planned: -(9 << 20)}
	nodes["very/large and broken"] = node{content: long[:2<<20], planned: 5 << 20, broken: true}
	nodes["very/large and gone"] = node{content: long, opening: fs.ErrNotExist}
	for _, name := range []string{"READ:ME", "Read:me", "read\xff", "READ%xFF"} { // none of which has its own name in every archive
		nodes["named/"+name] = node{content: name}
		nodes["named/to "+name] = node{mode: fs.ModeSymlink | 0o777, target: name}
	}
	for i := range 300 {
		nodes["many/"+strings.Repeat("x", i%50)+string(rune('a'+i%26))+string(rune('0'+i%10))] = node{content: prose(i)}
	}
	return files(nodes)
}

// pace is what may be another at each attempt, and leaves no trace in the file.
type pace struct {
	workers int
	rate    int64
}

// checkpoint is what is kept of a run at a Save.
type checkpoint struct {
	format, artifact []byte
	size             int
	progress         func() (items, bytes int64)
}

// checkpoints runs a format, and returns its file and a checkpoint for every
// place where it may be cut.
func checkpoints(t *testing.T, f format.Format, options map[string]string, data source.Data, at pace) (file []byte, all []checkpoint) {
	t.Helper()
	s := newStaged()
	out := artifact.NewWriter(s)
	m := &meter.Meter{}
	task := format.Task{Out: out, Meter: m, Options: f.Complete(options), Workers: at.workers, Rate: at.rate}
	task.Save = func(state func() []byte) error {
		c, err := out.Checkpoint()
		p := m.Progress()
		all = append(all, checkpoint{state(), c, s.Len(), func() (int64, int64) { return p.Items.Done, p.Bytes.Done }})
		return err
	}
	if err := do(t.Context(), f, task, data); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.Bytes(), all
}

// goOn goes on from a checkpoint of file.
func goOn(ctx context.Context, f format.Format, options map[string]string, data source.Data, file []byte, c checkpoint, at pace) (result, error) {
	s := newStaged()
	s.Buffer.Write(file[:c.size])
	out, err := artifact.ResumeWriter(s, c.artifact)
	if err != nil {
		return result{}, err
	}
	m := &meter.Meter{}
	err = do(ctx, f, format.Task{Out: out, Meter: m, Options: f.Complete(options), Workers: at.workers, Rate: at.rate, From: c.format}, data)
	if err != nil {
		return result{meter: m}, errors.Join(err, out.Abort())
	}
	_, err = out.Commit(ctx)
	return result{s.Bytes(), m}, err
}

func TestAnArchiveGoesOnFromEveryPlaceWhereItMayBeCut(t *testing.T) {
	data := mixed()
	for _, name := range archives() {
		for _, level := range []string{"fastest", "store"} {
			if level == "store" && strings.HasPrefix(name, "tar.") || level == "fastest" && name == "tar" {
				continue // nothing else would happen
			}
			t.Run(name+" "+level, func(t *testing.T) {
				options := map[string]string{"level": level}
				if name == "tar" {
					options = map[string]string{"names": "portable"}
				}
				f := find(t, name)
				file, all := checkpoints(t, f, options, data, pace{workers: 2})
				if len(all) < 15 {
					t.Errorf("got %d places, want more", len(all))
				}
				last := 0
				for i := 0; i < len(all); i += max(1, len(all)/places) {
					c := all[i]
					if c.size < last {
						t.Errorf("got a cut at %d after one at %d", c.size, last)
					}
					last = c.size
					r, err := goOn(t.Context(), f, options, data, file, c, pace{1 + i%5, int64(i%2) << 40})
					if err != nil {
						t.Fatalf("place %d: %v", i, err)
					}
					if !bytes.Equal(r.bytes, file) {
						t.Errorf("place %d, at %d of %d bytes: got another file", i, c.size, len(file))
					}
					checkDone(t, r)
				}
			})
		}
	}
}

func TestThePaceLeavesNoTrace(t *testing.T) {
	data := mixed()
	for _, name := range archives() {
		want := export(t, name, nil, data).bytes
		for _, at := range []pace{{workers: 0}, {workers: 1}, {workers: 5}, {workers: 2, rate: 1 << 40}} {
			f := find(t, name)
			got, _ := checkpoints(t, f, nil, data, at)
			if !bytes.Equal(got, want) {
				t.Errorf("%s: got another file with %d workers, at %d bytes a second", name, at.workers, at.rate)
			}
		}
	}
}

func TestASaveThatFailsEndsTheRun(t *testing.T) {
	stop := errors.New("stopped to go on later")
	for _, name := range archives() {
		f := find(t, name)
		s := newStaged()
		out := artifact.NewWriter(s)
		saves := 0
		var c checkpoint
		err := do(t.Context(), f, format.Task{Out: out, Meter: &meter.Meter{}, Options: f.Complete(nil), Workers: 2, Save: func(state func() []byte) error {
			if saves++; saves < 7 {
				return nil
			}
			c.format = state()
			var err error
			if c.artifact, err = out.Checkpoint(); err != nil {
				return err
			}
			c.size = s.Len()
			return stop
		}}, mixed())
		if !errors.Is(err, stop) || saves != 7 {
			t.Fatalf("%s: got %v after %d saves, want the error of the seventh", name, err, saves)
		}
		if err := out.Leave(); err != nil {
			t.Fatal(err)
		}
		r, err := goOn(t.Context(), f, nil, mixed(), s.Bytes(), c, pace{workers: 2})
		if err != nil || !bytes.Equal(r.bytes, export(t, name, nil, mixed()).bytes) {
			t.Errorf("%s: got another file, and %v", name, err)
		}
	}
}

func TestACheckpointThatDoesNotFitIsRefused(t *testing.T) {
	small := func() source.Data {
		return files(map[string]node{"a": {content: "a"}, "b": {content: noise(2 << 20)}, "gone": {opening: fs.ErrNotExist}, "z": {}})
	}
	for _, name := range archives() {
		f := find(t, name)
		file, all := checkpoints(t, f, nil, small(), pace{workers: 2})
		c := all[len(all)/2]
		refused := func(what string, c checkpoint, options map[string]string, data source.Data) {
			t.Helper()
			if _, err := goOn(t.Context(), f, options, data, file, c, pace{workers: 2}); !errors.Is(err, format.ErrCheckpoint) {
				t.Errorf("%s, %s: got %v, want ErrCheckpoint", name, what, err)
			}
		}
		for n := 0; n < len(c.format); n += 1 + n*n/1000 {
			part := c
			part.format = c.format[:n]
			refused("a part of it", part, nil, small())
		}
		longer := c
		longer.format = append(slices.Clone(c.format), 0)
		refused("a byte too many", longer, nil, small())
		other := c
		other.artifact, other.size = all[0].artifact, all[0].size
		if other.size != c.size {
			refused("another length of the file", other, nil, small())
		}
		if name != "tar" {
			refused("another level", c, map[string]string{"level": "smallest"}, small())
		}
		nodes := small().Files.(tree).nodes
		nodes["a"] = node{content: "aa"}
		refused("another size in the plan", c, nil, files(nodes))
		nodes["a"] = node{content: "b", modTime: someDay.AddDate(0, 0, 1)}
		refused("another time in the plan", c, nil, files(nodes))
		delete(nodes, "a")
		refused("another plan", c, nil, files(nodes))
		_, err := goOn(t.Context(), f, nil, small(), file, c, pace{workers: 2})
		if err != nil {
			t.Errorf("%s: got %v for what fits", name, err)
		}
	}
}

func TestAFileThatIsGoneAfterAnInterruptionEndsThere(t *testing.T) {
	nodes := map[string]node{"a": {content: "a"}, "large": {content: strings.Repeat("0123456789abcdef", 1<<20)}, "z": {content: "z"}}
	for _, name := range archives() {
		f := find(t, name)
		file, all := checkpoints(t, f, nil, files(nodes), pace{workers: 2})
		gone := maps.Clone(nodes)
		gone["large"] = node{content: nodes["large"].content, opening: fs.ErrNotExist}
		within := slices.IndexFunc(all, func(c checkpoint) bool { items, bytes := c.progress(); return items == 1 && bytes > 5<<20 })
		r, err := goOn(t.Context(), f, nil, files(gone), file, all[within], pace{workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		_, read := all[within].progress()
		got, _ := unpack(t, name, r.bytes)
		if large := got["large"].content; strings.TrimRight(large, "\x00") != nodes["large"].content[:read-1] || got["z"].content != "z" {
			t.Errorf("%s: got %d bytes of the file, want %d", name, len(large), read-1)
		}
		if codes := r.codes(); !slices.Equal(codes, []string{"unreadable large"}) {
			t.Errorf("%s: got the warnings %q", name, codes)
		}
	}
}

func TestACheckpointIsSmall(t *testing.T) {
	nodes := map[string]node{}
	for i := range 20_000 {
		nodes[fmt.Sprintf("a folder/with quite a few files/%05d.txt", i)] = node{content: strings.Repeat("content ", i%100)}
	}
	for _, name := range archives() {
		f := find(t, name)
		most := 0
		out := artifact.NewWriter(newStaged())
		if err := do(t.Context(), f, format.Task{Out: out, Meter: &meter.Meter{}, Options: f.Complete(nil), Workers: 2, Save: func(state func() []byte) error {
			most = max(most, len(state()))
			return nil
		}}, files(nodes)); err != nil {
			t.Fatal(err)
		}
		if err := out.Abort(); err != nil {
			t.Fatal(err)
		}
		if perEntry := float64(most-33<<10) / 20_000; perEntry > 10 { // beside what DEFLATE looks back at
			t.Errorf("%s: got %.1f bytes an entry, want 10 at most", name, perEntry)
		}
	}
}

func FuzzCheckpoints(f *testing.F) {
	data := files(map[string]node{"a": {content: "a"}, "b": {content: strings.Repeat("b", 9<<20)}, "c": {opening: fs.ErrNotExist}})
	zip, _ := format.Find(format.All(), "zip")
	out := artifact.NewWriter(newStaged())
	if err := do(f.Context(), zip, format.Task{Out: out, Meter: &meter.Meter{}, Options: zip.Complete(nil), Save: func(state func() []byte) error {
		f.Add(state())
		return nil
	}}, data); err != nil {
		f.Fatal(err)
	}
	if err := out.Abort(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, state []byte) {
		out := artifact.NewWriter(newStaged())
		err := do(t.Context(), zip, format.Task{Out: out, Meter: &meter.Meter{}, Options: zip.Complete(nil), From: state}, data)
		if err != nil && !errors.Is(err, format.ErrCheckpoint) {
			t.Errorf("got %v, want ErrCheckpoint or nothing", err)
		}
		if err := out.Abort(); err != nil {
			t.Fatal(err)
		}
	})
}
