package serve

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
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

// Limit bounds the connections that l holds at once.
func Limit(l net.Listener) net.Listener { return netutil.LimitListener(l, maxConnections) }
