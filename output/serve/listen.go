package serve

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"github.com/wireroom/wireroom/output/serve/plain"
)

// The limits of what one reader may hold.
const (
	maxConnections = 4096
	maxHeaderBytes = 32 << 10
	readTimeout    = 10 * time.Second
	writeTimeout   = 60 * time.Second
	idleTimeout    = 90 * time.Second
)

// HTTPServer returns a server for handler that no slow reader can hold up.
func HTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Shutdown ends a server and its listener, once the requests under way are
// answered or ctx is done.
func Shutdown(ctx context.Context, server *http.Server, listener net.Listener) {
	server.SetKeepAlivesEnabled(false) // each connection ends with its next answer
	if front, ok := listener.(*plain.Listener); ok {
		front.Wait(ctx)
	}
	if server.Shutdown(ctx) != nil {
		server.Close()
	}
}

// Limit bounds the connections that l holds at once.
func Limit(l net.Listener) net.Listener { return netutil.LimitListener(l, maxConnections) }
