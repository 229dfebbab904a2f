// Package failpoint lets tests end the program, or fail it, at a point of their
// choice: between any two steps that a crash may come between.
//
// Points have names, which stand in the code as failpoint.At("name") or
// failpoint.Err("name"). Without the build tag "failpoints" both do nothing and
// are compiled to nothing: no ordinary program can be failed by its environment.
// With it, the environment variable CARRYOUT_FAILPOINT says what happens where,
// and at which hit of the point, counting from 1:
//
//	file-synced=kill      the first time, the process kills itself (SIGKILL)
//	file-synced=kill:3    the third time
//	format-begun=panic    the goroutine panics
//	rows-read=error:2     Err returns an error; At does nothing
//
// app/walk goes through all points, and fails when it does not know one.
package failpoint
