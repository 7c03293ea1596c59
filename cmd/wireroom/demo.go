package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/cmd/wireroom/newsroom"
	"github.com/wireroom/wireroom/output/serve"
)

// A demo is a newsroom that is played to the whole program.
type demo struct {
	listen string
	room   newsroom.Options
}

func demoCommand(term terminal) *cobra.Command {
	var d demo
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play an invented day of news through the whole program",
		Long: `Plays the day of an invented press, seventeen outlets and agencies in six
languages, through the whole program: wire copies are cut, headed anew and
corrected, reporters tell one event in two ways, one server is dead and one is
rude. Open the address that it prints, and watch stories gather their outlets.

It needs no network and no configuration. What it stores is in a temporary
folder, which is removed at the end. Press Ctrl-C to end it.`,
		Example: "  wireroom demo\n  wireroom demo --speed 600",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if speed := d.room.Speed; !(speed >= 1 && speed <= 100_000) {
				return exitError{fmt.Errorf("--speed is a number from 1 to 100000, not %g", speed), exitUsage}
			}
			d.room.Midnight = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
			return d.play(cmd.Context(), term)
		},
	}
	cmd.Flags().StringVar(&d.listen, "listen", "127.0.0.1:8080", "address to listen on")
	cmd.Flags().Float64Var(&d.room.Speed, "speed", 120, "how many times faster than the clock on the wall the day passes")
	return cmd
}

// play lets the program run over the newsroom until ctx is done.
func (d demo) play(ctx context.Context, term terminal) error {
	listener, err := net.Listen("tcp", d.listen)
	if err != nil {
		return exitError{fmt.Errorf("cannot listen on %s: %w; name another address with --listen", d.listen, err), exitConfig}
	}
	defer listener.Close()
	logger := newLogger(term.err, config.Log{Format: "text", Level: "warn"})
	press, err := d.open(logger)
	if err != nil {
		return err
	}
	defer press.close()
	dir, err := os.MkdirTemp("", "wireroom-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	text := demoConfig(listener.Addr().String(), filepath.Join(dir, "demo.db"), press.address)
	cfg, err := config.Parse("demo", []byte(text), os.LookupEnv)
	if err != nil {
		return err
	}
	p, err := assemble(ctx, cfg, nil, logger, poll.Options{DialContext: press.wire.DialContext})
	if err != nil {
		return err
	}
	defer p.close()
	p.handler = refreshed(p.handler)
	fmt.Fprintf(term.out, `Open %s/topics/news and watch stories gather their outlets.

  %s/topics/confirmed   what two publishers or more tell
  %s/sources            how each outlet's server behaves
  http://%s   the outlets themselves
  wireroom top --store %s   the same in another terminal

The day takes %s; then everything stays to be looked at. Ctrl-C ends it.
`, baseURL(cfg), baseURL(cfg), baseURL(cfg), press.address, cfg.Store, press.room.Lasts().Round(time.Second))
	return p.run(ctx, listener, nil)
}

// A press is the newsroom with its two entrances: a port on this machine for
// people who follow a link, and a network in memory for the program, which so
// needs no names resolved.
type press struct {
	room    *newsroom.Newsroom
	wire    *newsroom.Wire
	server  *http.Server
	address string
}

func (d demo) open(logger *slog.Logger) (*press, error) {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	room, err := newsroom.New(d.room)
	if err != nil {
		door.Close()
		return nil, err
	}
	p := &press{room: room, wire: newsroom.NewWire(), server: serve.HTTPServer(room, logger), address: door.Addr().String()}
	for _, l := range []net.Listener{door, p.wire} {
		go func() { _ = p.server.Serve(l) }() // ends with close
	}
	return p, nil
}

func (p *press) close() { p.server.Close() }

// demoConfig is the feeds.yaml of the demo.
func demoConfig(listen, store, press string) string {
	_, port, _ := net.SplitHostPort(press)
	var b strings.Builder
	fmt.Fprintf(&b, `title: The Varne Coast, by Wireroom
server: {listen: %q}
store: %q
polling: {host_gap: 0s}
defaults: {schedule: "@every 2s", min_interval: 1s, allow_private: true}
topics:
  news: {title: The whole newsroom, description: "What every outlet tells, each story once.", limit: 200}
  confirmed: {title: Told by two or more, description: Only what two independent publishers report., min_families: 2}
  sea: {title: Sea and shore, match: {any: [ferry, whale, lighthouse, Fähre, Deich, paseo, паром, кит, 潮汐, قارب]}}
  deutsch: {title: Auf Deutsch, language: [de]}
sources:
`, listen, store)
	for _, o := range newsroom.Outlets() {
		tag, priority := "paper", 0
		if o.Agency {
			tag, priority = "agency", 10
		}
		fmt.Fprintf(&b, "  %s: {url: %q, title: %q, tags: [%s], family: %s, priority: %d}\n",
			o.Name, fmt.Sprintf("http://%s.%s:%s%s", o.Name, newsroom.Domain, port, o.Path), o.Title, tag, o.Name, priority)
	}
	return b.String()
}

// refreshed lets browsers load the pages that change again by themselves.
func refreshed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := r.URL.Path; {
		case p == "/", p == "/sources", strings.HasPrefix(p, "/topics/") && path.Ext(p) == "":
			w.Header().Set("Refresh", "5")
		}
		next.ServeHTTP(w, r)
	})
}
