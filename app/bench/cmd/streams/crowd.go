package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A crowd is many followers, read by one goroutine with the system's own poll,
// so that reading costs little beside what is measured.
type crowd struct {
	poll      int
	followers map[int32]*follower

	mu     sync.Mutex // guards delays
	delays delays

	first     atomic.Int64 // number of the first event that counts: those before it were told too early
	delivered atomic.Int64
	sum       atomic.Int64 // of the numbers delivered, which shows gaps and doubles
	ended     atomic.Int64 // streams that were cut
	stop      chan struct{}
	reading   sync.WaitGroup
}

// A follower takes one stream apart as far as is needed: the head, chunks
// (RFC 9112, 7.1), lines.
type follower struct {
	fd    int
	state state
	left  int    // bytes of the chunk that are to come; without chunks: not used
	head  []byte // line of the head, or between chunks, that is not whole yet
	line  []byte // of the body, likewise
	plain bool   // the body comes without chunks
}

type state int

const (
	inHead state = iota
	inSize
	inChunk
	inGap // between a chunk and the size of the next
)

// join connects one follower to each path.
func join(ctx context.Context, addr string, paths []string) (*crowd, error) {
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	c := &crowd{poll: poll, followers: make(map[int32]*follower), stop: make(chan struct{})}
	to, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return nil, err
	}
	for i, path := range paths {
		fd, err := dial(to, path, 0)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("follower %d: %w", i, err), c.leave())
		}
		c.followers[int32(fd)] = &follower{fd: fd}
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
		if err := syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
			return nil, errors.Join(err, c.leave())
		}
		if ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), c.leave())
		}
	}
	c.reading.Go(c.read)
	return c, nil
}

// dial opens a stream, with a receive buffer of so many bytes (0: the system's
// choice). The socket blocks while it connects and asks, and not any more after
// that.
func dial(to *net.TCPAddr, path string, buffer int) (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if buffer > 0 {
		if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, buffer); err != nil {
			return 0, errors.Join(err, syscall.Close(fd))
		}
	}
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}); err != nil {
		return 0, errors.Join(err, syscall.Close(fd))
	}
	ask := "GET " + path + " HTTP/1.1\r\nHost: " + to.String() + "\r\nAccept: text/event-stream\r\n\r\n"
	if _, err := syscall.Write(fd, []byte(ask)); err != nil {
		return 0, errors.Join(err, syscall.Close(fd))
	}
	return fd, syscall.SetNonblock(fd, true)
}

// nap is between two looks at what has come.
const nap = 500 * time.Microsecond

// read reads what comes until the crowd leaves. It looks for it by itself and
// is never woken, because to wake it would be the work of the contender, whose
// followers are on other machines when they are real.
func (c *crowd) read() {
	events := make([]syscall.EpollEvent, 256)
	buffer := make([]byte, 256<<10)
	look := time.NewTicker(nap)
	defer look.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-look.C:
		}
		for n := len(events); n > 0; {
			var err error
			if n, err = syscall.EpollWait(c.poll, events, 0); err != nil && err != syscall.EINTR {
				return
			}
			for _, e := range events[:max(n, 0)] {
				c.take(c.followers[e.Fd], buffer)
			}
		}
	}
}

// take reads what has come for one follower.
func (c *crowd) take(f *follower, buffer []byte) {
	n, err := syscall.Read(f.fd, buffer)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return
	}
	if n <= 0 {
		c.ended.Add(1)
		syscall.EpollCtl(c.poll, syscall.EPOLL_CTL_DEL, f.fd, nil)
		return
	}
	now := time.Now().UnixMicro()
	var delivered, sum int64
	c.mu.Lock()
	defer c.mu.Unlock()
	f.feed(buffer[:n], func(line []byte) {
		if number, at, ok := number(line); ok && number >= c.first.Load() {
			delivered++
			sum += number
			c.delays.add(now - at)
		}
	})
	c.sum.Add(sum)
	c.delivered.Add(delivered)
}

// feed takes bytes of the stream and calls do with each line of the body.
func (f *follower) feed(b []byte, do func(line []byte)) {
	for len(b) > 0 {
		switch f.state {
		case inHead, inSize, inGap:
			end := bytes.IndexByte(b, '\n')
			if end < 0 {
				f.head = append(f.head, b...)
				return
			}
			f.header(append(f.head, b[:end]...))
			f.head, b = f.head[:0], b[end+1:]
		case inChunk:
			part := b
			if !f.plain && f.left < len(b) {
				part = b[:f.left]
			}
			f.left -= len(part)
			b = b[len(part):]
			f.lines(part, do)
			if !f.plain && f.left == 0 {
				f.state = inGap
			}
		}
	}
}

// header reads a line that is no part of the body.
func (f *follower) header(line []byte) {
	line = bytes.TrimRight(line, "\r")
	switch f.state {
	case inHead:
		if len(line) == 0 {
			f.state = inSize
			if f.plain {
				f.state = inChunk
			}
			return
		}
		if bytes.HasPrefix(line, []byte("HTTP/1.")) {
			f.plain = true // unless a header says otherwise
		}
		if bytes.EqualFold(line, []byte("transfer-encoding: chunked")) {
			f.plain = false
		}
	case inGap:
		f.state = inSize
	case inSize:
		size, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			panic("streams: not a chunk: " + strconv.Quote(string(line)))
		}
		f.left, f.state = int(size), inChunk
		if size == 0 {
			f.state = inGap
		}
	}
}

// lines calls do with each whole line.
func (f *follower) lines(b []byte, do func(line []byte)) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			f.line = append(f.line, b...)
			return
		}
		if len(f.line) > 0 {
			f.line = append(f.line, b[:end]...)
			do(f.line)
			f.line = f.line[:0]
		} else {
			do(b[:end])
		}
		b = b[end+1:]
	}
}

// wait waits until so many events were delivered, or nothing has come for a
// while.
func (c *crowd) wait(ctx context.Context, want int64, quiet time.Duration) {
	last, since := int64(-1), time.Now()
	t := time.NewTicker(time.Millisecond)
	defer t.Stop()
	for {
		n := c.delivered.Load()
		if n >= want {
			return
		}
		if n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) > quiet {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// reset begins to count anew. Nothing may be on its way.
func (c *crowd) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delivered.Store(0)
	c.sum.Store(0)
	c.delays = delays{}
}

// delay returns the time that the fraction f of all deliveries did not pass.
func (c *crowd) delay(f float64) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.delays.at(f)
}

// leave closes all streams.
func (c *crowd) leave() error {
	close(c.stop)
	c.reading.Wait()
	errs := []error{syscall.Close(c.poll)}
	for _, f := range c.followers {
		errs = append(errs, syscall.Close(f.fd))
	}
	return errors.Join(errs...)
}

// deaf opens a stream that nobody reads, with as small a window as there is.
func deaf(addr, path string) (int, error) {
	to, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return 0, err
	}
	return dial(to, path, 1)
}
