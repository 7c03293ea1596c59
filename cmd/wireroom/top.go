package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/wireroom/wireroom/aggregator/store"
)

// How wireroom top uses a terminal, in the control sequences of xterm: a screen
// of its own, so that what stood there comes back at the end, and frames that
// are drawn over each other line by line between two marks. A terminal that
// knows the marks shows a frame only when it is whole.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l"
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	beginFrame  = "\x1b[?2026h\x1b[H"
	endLine     = "\x1b[K"
	endFrame    = "\x1b[J\x1b[?2026l"
)

// sizeEvery is how often the terminal is asked for its size.
const sizeEvery = 200 * time.Millisecond

func topCommand(t terminal) *cobra.Command {
	var at overrides
	var once bool
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Watch the sources and the stories in the terminal, as they come",
		Long: `Shows how each source answers, those in trouble first, and the stories with the
newest items, with who tells them. It reads the store beside a running wireroom,
and so works over SSH and with nothing published.

q or Ctrl-C ends it. What is printed where there is no terminal, or with --once,
is one picture of everything without colours.`,
		Example: "  wireroom top\n  wireroom top --once | grep -c http_4xx",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if every < 100*time.Millisecond {
				return exitError{fmt.Errorf("--every is 100ms or more, not %s", every), exitUsage}
			}
			db, name, err := at.openTop(cmd.Context(), t)
			if err != nil {
				return err
			}
			defer db.Close()
			screen, ok := t.out.(*os.File)
			if once || !ok || !term.IsTerminal(int(screen.Fd())) {
				s, err := survey(cmd.Context(), db, name)
				if err != nil {
					return err
				}
				_, err = io.WriteString(t.out, strings.Join(s.lines(0, 0, plainStyle), "\n")+"\n")
				return err
			}
			return watchTop(cmd.Context(), t.in, screen, every, func(ctx context.Context) (*overview, error) {
				return survey(ctx, db, name)
			})
		},
	}
	at.flags(cmd)
	cmd.Flags().BoolVar(&once, "once", false, "print everything once and end")
	cmd.Flags().DurationVar(&every, "every", 2*time.Second, "how often to look")
	return cmd
}

// openTop opens the store that the flags name, or else the configuration, and
// returns how to call it.
func (o *overrides) openTop(ctx context.Context, t terminal) (*store.DB, string, error) {
	cfg, err := o.stored()
	if err != nil {
		return nil, "", err
	}
	db, err := openStored(ctx, t, cfg)
	return db, storeName(cfg.Store), err
}

// watchTop draws what look returns, every so often and whenever the terminal
// has another size, until ctx is done or q is pressed.
func watchTop(ctx context.Context, keys io.Reader, screen *os.File, every time.Duration, look func(context.Context) (*overview, error)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		was, err := term.MakeRaw(fd)
		if err != nil {
			return err
		}
		defer func() { _ = term.Restore(fd, was) }()
		go func() {
			awaitQuit(keys)
			stop()
		}()
	}
	styles := colourStyle
	if !colour(screen) {
		styles = plainStyle
	}
	fmt.Fprint(screen, enterScreen)
	defer fmt.Fprint(screen, leaveScreen)

	resized := time.NewTicker(sizeEvery)
	defer resized.Stop()
	var seen *overview
	var looked time.Time
	var width, height int
	for {
		w, h, err := term.GetSize(int(screen.Fd()))
		if err != nil {
			return err
		}
		due := time.Since(looked) >= every
		if due {
			looked = time.Now()
			next, err := look(ctx)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			next.mark(seen)
			seen = next
		}
		if due || w != width || h != height {
			width, height = w, h
			if _, err := screen.Write(frame(seen.lines(w, h, styles))); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-resized.C:
		}
	}
}

// frame is what draws lines over those that stand there.
func frame(lines []string) []byte {
	var b bytes.Buffer
	b.WriteString(beginFrame)
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(line + endLine)
	}
	b.WriteString(endFrame)
	return b.Bytes()
}

// awaitQuit returns when a key is pressed that ends the program, or when there
// are no more keys.
func awaitQuit(keys io.Reader) {
	const ctrlC, ctrlD = "\x03", "\x04"
	key := make([]byte, 1)
	for {
		n, err := keys.Read(key)
		if err != nil || n == 1 && strings.ContainsAny(string(key), "qQ"+ctrlC+ctrlD) {
			return
		}
	}
}
