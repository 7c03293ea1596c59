// Command wireroom polls feeds, recognises which of their items tell one
// story, and republishes them as merged topic feeds. Run "wireroom help" for
// its commands; package aggregator begins with a tour of the program.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // schedules name time zones, and an image from scratch has none

	"github.com/wireroom/wireroom/internal/garbage"
)

// stopLast is when a program that was told to stop ends, whatever still holds
// it up, such as a disk that does not answer: what is stored is whole anyway.
const stopLast = 8 * time.Second

func main() {
	// Before all else: until then a signal ends the process as if it had no say.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the program at once
		time.AfterFunc(stopLast, func() {
			// It may be the log itself that holds the program up, because nobody
			// reads it.
			go fmt.Fprintln(os.Stderr, "wireroom: something did not end in time; the program does")
			time.Sleep(100 * time.Millisecond)
			os.Exit(exitFailed)
		})
	})
	garbage.KeepWithinLimits()
	garbage.CollectEarly()
	os.Exit(run(ctx, os.Args[1:], &input{ctx: ctx, r: os.Stdin}, os.Stdout, os.Stderr))
}
