package artifact

// A hasher hashes what it is given in two goroutines of its own, first for the
// file as a whole and then for its blocks, so that it costs the writer no time
// where cores are free. Its waits have no context: they end when bytes in memory
// are hashed.
type hasher struct {
	hashes *hashes
	whole  chan chunk // what the first is to hash
	blocks chan chunk // what it has handed on to the second
	free   chan []byte
	done   chan struct{}
}

// chunk is bytes to be hashed, or the wish to be told when all before it are.
type chunk struct {
	data    []byte
	reached chan<- struct{}
}

func startHasher(h *hashes) *hasher {
	s := &hasher{
		hashes: h,
		whole:  make(chan chunk, buffers), // all buffers and never a wait
		blocks: make(chan chunk, buffers),
		free:   make(chan []byte, buffers),
		done:   make(chan struct{}),
	}
	for range buffers {
		s.free <- nil // made when it is needed first
	}
	go s.hashWhole()
	go s.hashBlocks()
	return s
}

func (s *hasher) hashWhole() {
	defer close(s.blocks)
	for c := range s.whole {
		s.hashes.addWhole(c.data)
		s.blocks <- c
	}
}

func (s *hasher) hashBlocks() {
	defer close(s.done)
	for c := range s.blocks {
		if c.reached != nil {
			close(c.reached)
			continue
		}
		s.hashes.addBlocks(c.data)
		s.free <- c.data[:0]
	}
}

// buffer returns an empty buffer, as soon as there is one.
func (s *hasher) buffer() []byte {
	b := <-s.free
	if b == nil {
		b = make([]byte, 0, bufferSize)
	}
	return b
}

// add hands over b, which was got from buffer.
func (s *hasher) add(b []byte) { s.whole <- chunk{data: b} }

// wait returns the hashes of all that was added. They may be looked at until
// the next add.
func (s *hasher) wait() *hashes {
	reached := make(chan struct{})
	s.whole <- chunk{reached: reached}
	<-reached
	return s.hashes
}

// stop waits until all is hashed and the goroutines have ended.
func (s *hasher) stop() {
	close(s.whole)
	<-s.done
}
