package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
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
			if listen == "" {
				cfg, err := load(path, nil)
				if err != nil {
					return err
				}
				listen = cfg.Server.Listen
			}
			req, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, "http://"+loopback(listen)+"/healthz", nil)
			if err != nil {
				return err
			}
			client := &http.Client{Timeout: 5 * time.Second}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				body, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
				return fmt.Errorf("not well: %s", strings.TrimSpace(string(body)))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&path, "config", "feeds.yaml", "where the address is written")
	cmd.Flags().StringVar(&listen, "listen", os.Getenv("WIREROOM_LISTEN"), "the address, instead of the configured one")
	return cmd
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
