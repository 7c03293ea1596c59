package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
)

func healthcheckCommand() *cobra.Command {
	var path, listen string
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the wireroom that runs on this machine whether it is well",
		Long: `Asks /healthz of the wireroom that listens where feeds.yaml (or --listen) says,
on this machine. The exit code is 0 if it is well, and 1 if it is not or does
not answer. It is what the container image uses for its HEALTHCHECK.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := asked(path)
			switch {
			case listen != "":
				server.Listen = listen
			case err != nil:
				return err
			}
			return healthy(cmd.Context(), server)
		},
	}
	cmd.Flags().StringVar(&path, "config", "feeds.yaml", "where the address is written")
	cmd.Flags().StringVar(&listen, "listen", "", "the address, instead of the configured one")
	return cmd
}

// asked returns where the wireroom of a configuration listens. Mistakes in the
// file do not matter, since the one that runs goes on with what it read before;
// where nothing of it can be read, that is the usual address.
func asked(path string) (config.Server, error) {
	cfg, err := config.Load(path, os.LookupEnv)
	if cfg == nil {
		return config.Server{}, unread(path, err)
	}
	if cfg.Server.Listen == "" {
		cfg, _ = config.Parse(path, []byte("{}"), os.LookupEnv)
	}
	return cfg.Server, nil
}

// healthy asks a server on this machine for its health; the error says what is
// wrong. Whose certificate it shows is no question of health.
func healthy(ctx context.Context, server config.Server) error {
	scheme, names := "http", &tls.Config{InsecureSkipVerify: true}
	if len(server.TLS.ACME) > 0 {
		names.ServerName = server.TLS.ACME[0]
	}
	if server.TLS.Cert != "" || names.ServerName != "" {
		scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+loopback(server.Listen)+"/healthz", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: names}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	var failed *url.Error
	if errors.As(err, &failed) {
		return fmt.Errorf("nothing answers at %s: %w; look whether wireroom serve runs, and listens there", req.URL.Host, failed.Err)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return fmt.Errorf("not well: %s", strings.TrimSpace(string(body)))
	}
	return nil
}

// loopback returns an address at which this machine reaches a listener.
func loopback(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
