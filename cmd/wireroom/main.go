// Command wireroom polls feeds, recognises which of their items tell one
// story, and republishes them as merged topic feeds. Run "wireroom help" for
// its commands; package aggregator begins with a tour of the program.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // schedules name time zones, and an image from scratch has none
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
