package poll

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// classify names the outcome of a fetch that ended with an error, and says why
// in a sentence without a URL.
func classify(ctx context.Context, err error) (news.Outcome, string) {
	var netErr net.Error
	var dnsErr *net.DNSError
	var certErr *tls.CertificateVerificationError
	switch {
	case errors.Is(err, ErrBlocked):
		return news.OutcomeBlocked, innermost(err, ErrBlocked)
	case errors.As(err, new(*waitError)), errors.Is(err, errRobots):
		return news.OutcomeBlocked, err.Error()
	case errors.Is(err, ErrTooLarge):
		return news.OutcomeTooLarge, innermost(err, ErrTooLarge)
	case errors.Is(err, errNoRoom):
		return news.OutcomeTimeout, err.Error()
	case errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return news.OutcomeTimeout, "no whole answer in time"
	case errors.As(err, &dnsErr):
		if dnsErr.IsTimeout {
			return news.OutcomeTimeout, "the name server did not answer in time"
		}
		if dnsErr.IsNotFound {
			return news.OutcomeNetwork, "no such host: " + dnsErr.Name
		}
		return news.OutcomeNetwork, "the name server has no answer for " + dnsErr.Name
	case errors.As(err, &certErr):
		return news.OutcomeNetwork, "certificate: " + certErr.Err.Error()
	case errors.As(err, &netErr) && netErr.Timeout():
		return news.OutcomeTimeout, "no whole answer in time"
	}
	return news.OutcomeNetwork, err.Error()
}

// innermost returns the message of the first error in the chain that begins
// with the sentinel's text, without what the dialler wrapped around it.
func innermost(err, sentinel error) string {
	message := err.Error()
	if i := strings.Index(message, sentinel.Error()); i > 0 {
		message = message[i:]
	}
	return message
}

// limitedBy are hosts that are known to answer with another status than 429
// when they are asked too often: for each its registrable domain and status.
var limitedBy = map[string]int{
	"reddit.com":  http.StatusForbidden,
	"youtube.com": http.StatusNotFound,
}

// refused names the outcome of an answer that has no document. Too many
// requests are said with 429, with any error that says when to come back, and
// by some hosts in a dialect of their own.
func refused(host string, code int, h http.Header) (news.Outcome, string) {
	said := fmt.Sprintf("answered %d", code)
	if text := http.StatusText(code); text != "" {
		said += " " + text
	}
	switch {
	case code == http.StatusTooManyRequests:
		return news.OutcomeBlocked, said
	case code == http.StatusGone:
		return news.OutcomeGone, said
	case code == http.StatusForbidden || code == http.StatusNotFound:
		if h.Get("Retry-After") != "" || strings.TrimSpace(h.Get("X-Ratelimit-Remaining")) == "0" || speaks(host, code) {
			return news.OutcomeBlocked, said + ", which means too many requests here"
		}
		return news.OutcomeHTTP4xx, said
	case code >= 400 && code < 500:
		return news.OutcomeHTTP4xx, said
	case code >= 500 && code < 600:
		return news.OutcomeHTTP5xx, said
	}
	return news.OutcomeNetwork, said + ", which is not an answer to a poll"
}

// speaks reports whether a host is known to limit with this status.
func speaks(host string, code int) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for {
		if limitedBy[host] == code {
			return true
		}
		_, parent, ok := strings.Cut(host, ".")
		if !ok {
			return false
		}
		host = parent
	}
}
