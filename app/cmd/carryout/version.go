package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

func version() command {
	return command{
		name: "version", short: "say which version this is",
		long: `Version says of which version, commit and Go this program is made.`,
		setup: func(sh shell, _ *flag.FlagSet) action {
			return func(_ context.Context, args []string) error {
				if err := exactly(0, args, ""); err != nil {
					return err
				}
				fmt.Fprintln(sh.out, built(debug.ReadBuildInfo()))
				return nil
			}
		},
	}
}

// built is a line about how the program was built, from what the Go tools have
// written into it.
func built(info *debug.BuildInfo, ok bool) string {
	if !ok {
		info = &debug.BuildInfo{}
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	text := "carryout " + release(info, ok)
	if commit := settings["vcs.revision"]; commit != "" {
		text += ", commit " + commit[:min(len(commit), 12)]
		if settings["vcs.modified"] == "true" {
			text += " with changes"
		}
		if at := settings["vcs.time"]; at != "" {
			text += " of " + at
		}
	}
	return text + ", " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// release is the version of the program, or says that it has none.
func release(info *debug.BuildInfo, ok bool) string {
	if ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)" // as the Go tools call it
}
