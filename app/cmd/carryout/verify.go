package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"example.org/carryout/jobs"
)

func verify() command {
	return command{
		name: "verify", args: "[-server URL] FILE SHA256 | FILE JOB-URL", short: "check a file against its SHA-256",
		long: `
Verify checks that FILE has that SHA-256, or the one that the server has for an
export. "-" is standard input. The exit status is 0 only if it has.`,
		setup: func(sh shell, flags *flag.FlagSet) action {
			r := remoteFlag(sh, flags)
			return func(ctx context.Context, args []string) error {
				if err := exactly(2, args, "the file, or what it is checked against,"); err != nil {
					return err
				}
				want, err := r.wanted(ctx, args[1])
				if err != nil {
					return err
				}
				got, err := sumOf(ctx, sh.in, args[0])
				if err != nil {
					return err
				}
				if got != want {
					return fmt.Errorf("%s is not the file it should be: its SHA-256 is %s, not %s", args[0], got, want)
				}
				fmt.Fprintf(sh.out, "%s: OK\n", args[0])
				return nil
			}
		},
	}
}

// wanted is the SHA-256 that an argument is, or that it leads to.
func (r *remote) wanted(ctx context.Context, arg string) (string, error) {
	if b, err := hex.DecodeString(arg); err == nil && len(b) == sha256.Size {
		return strings.ToLower(arg), nil
	}
	if !strings.Contains(arg, "://") && !jobs.ID(arg).Valid() {
		return "", &usageError{text: fmt.Sprintf("%q is neither a SHA-256 in hexadecimal nor the address of an export", arg)}
	}
	base, id, err := r.job(arg)
	if err != nil {
		return "", err
	}
	j, err := r.client(base, r.note).Job(ctx, id)
	if err != nil {
		return "", err
	}
	if j.File.SHA256 == "" {
		return "", fmt.Errorf("this export is %s and has no file to compare with", j.State)
	}
	return j.File.SHA256, nil
}

func sumOf(ctx context.Context, stdin io.Reader, path string) (string, error) {
	if path == "-" {
		return sum(ctx, stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return sum(ctx, file)
}

// sum is the SHA-256 of all that r holds.
func sum(ctx context.Context, r io.Reader) (string, error) {
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		n, err := r.Read(buf)
		h.Write(buf[:n])
		switch {
		case err == io.EOF:
			return hex.EncodeToString(h.Sum(nil)), nil
		case err != nil:
			return "", err
		case ctx.Err() != nil:
			return "", ctx.Err()
		}
	}
}
