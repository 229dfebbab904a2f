package artifact

// A hasher hashes what it is given in a goroutine of its own, so that it costs
// the writer no time where a core is free. Its waits have no context: they end
// when bytes in memory are hashed.
type hasher struct {
	hashes *hashes
	chunks chan chunk
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
		chunks: make(chan chunk, buffers), // all buffers and never a wait
		free:   make(chan []byte, buffers),
		done:   make(chan struct{}),
	}
	for range buffers {
		s.free <- nil // made when it is needed first
	}
	go s.hash()
	return s
}

func (s *hasher) hash() {
	defer close(s.done)
	for c := range s.chunks {
		if c.reached != nil {
			close(c.reached)
			continue
		}
		s.hashes.add(c.data)
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
func (s *hasher) add(b []byte) { s.chunks <- chunk{data: b} }

// wait returns the hashes of all that was added. They may be looked at until
// the next add.
func (s *hasher) wait() *hashes {
	reached := make(chan struct{})
	s.chunks <- chunk{reached: reached}
	<-reached
	return s.hashes
}

// stop waits until all is hashed and the goroutine has ended.
func (s *hasher) stop() {
	close(s.chunks)
	<-s.done
}
