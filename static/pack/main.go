// Command pack makes what the server embeds beside the sources of package
// static: the browser's client, Go's wasm_exec.js of the same toolchain, and
// every file compressed with brotli and gzip.
//
// It is run in the folder of the module, before the server is built:
//
//	go run ./static/pack
//
// The same sources and toolchain give the same bytes. The client is waited for
// on every first visit, so pack fails when all that a page loads of it comes to
// more than 500,000 bytes with brotli.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	dir := flag.String("dir", "static", "folder of package static")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// run makes everything and says how large it became.
func run(ctx context.Context, dir string) error {
	client, err := buildClient(ctx)
	if err != nil {
		return err
	}
	assets, err := sources(dir)
	if err != nil {
		return err
	}
	packed, err := compress(append(assets, client...))
	if err != nil {
		return err
	}
	for _, p := range packed {
		fmt.Printf("%-14s %9d bytes, %9d gzip, %9d brotli\n", p.Name, len(p.Body), len(p.gzip), len(p.brotli))
	}
	if err := checkBudget(packed); err != nil {
		return err
	}
	return write(dir, packed)
}
