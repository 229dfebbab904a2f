package carrier

// #include <errno.h>
// #include <sys/socket.h>
//
// typedef struct {
// 	int fd, from, to, taken;
// } sending;
//
// static void send_all(sending *s, int n, const char *text) {
// 	for (; n > 0; n--, s++) {
// 		ssize_t taken;
// 		do {
// 			taken = send(s->fd, text + s->from, s->to - s->from, MSG_DONTWAIT | MSG_NOSIGNAL);
// 		} while (taken < 0 && errno == EINTR);
// 		s->taken = taken < 0 ? -errno : taken;
// 	}
// }
//
// #cgo noescape send_all
// #cgo nocallback send_all
import "C"

import "unsafe"

// sendAll gives the kernel what it takes of each at once: perhaps nothing, with
// EAGAIN.
//
// This is what a follower costs, once for each event, so it goes the shortest
// way. A thousand calls take some milliseconds, in which Go's monitor would look
// fifty times whether this goroutine gets anywhere. That is a tenth of what they
// cost, and so the loop is written in C, where there is nothing to look after. And
// the kernel finds a socket without asking what kind of file it is (sendto(2)).
func sendAll(all []sending, text []byte) {
	C.send_all((*C.sending)(unsafe.Pointer(unsafe.SliceData(all))), C.int(len(all)), (*C.char)(unsafe.Pointer(unsafe.SliceData(text))))
}
