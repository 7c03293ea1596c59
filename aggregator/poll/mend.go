package poll

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"net/http"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The mends of what is said of several failures.
const (
	mendAddress = "look whether its address is spelt right and still the same"
	mendLogin   = "give it a user and a password, or what else it asks for, under auth"
	mendPort    = "public servers are asked at ports 80, 443, 8080 and 8443 alone; if you trust this one, set allow_private: true for it"
	mendPrivate = "if it is on a network of yours, set allow_private: true for it"
	mendServer  = "it is asked again; if that goes on, only its owner can mend it"
	mendNetwork = "it is asked again; if that goes on, look whether its address and the network here are right"
)

// mendStatus says what can be done about an answer that has no document.
func mendStatus(outcome news.Outcome, code int) string {
	switch {
	case outcome == news.OutcomeBlocked:
		return "it is left alone for a while; if that happens often, give it a longer schedule"
	case outcome == news.OutcomeGone:
		return "give it another address, or take it out of feeds.yaml"
	case code == http.StatusUnauthorized || code == http.StatusPaymentRequired:
		return mendLogin
	case code == http.StatusForbidden:
		return "its server does not let everybody in: set contact in feeds.yaml, give it what it asks for under auth, or ask its owner"
	case code == http.StatusNotFound:
		return mendAddress + "; wireroom add finds the feed of a site"
	case code == http.StatusUnavailableForLegalReasons:
		return "it may not be read from where this program runs"
	case code >= 400 && code < 500:
		return mendAddress
	}
	return mendServer
}

// mendFailure says what can be done about a fetch that ended with an error.
func mendFailure(outcome news.Outcome, err error) string {
	var unknown *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.Is(err, errRobots):
		return "ask its owner, or set robots: false for it"
	case errors.Is(err, errPort):
		return mendPort
	case errors.Is(err, errNotPublic):
		return mendPrivate
	case errors.Is(err, ErrTooLarge):
		return "if it is a feed, raise max_bytes for it"
	case errors.Is(err, fs.ErrNotExist):
		return "write the file, or name another; its path is relative to the folder of feeds.yaml"
	case errors.Is(err, fs.ErrPermission):
		return "let the user that this program runs as read it"
	case outcome == news.OutcomeTimeout && !errors.As(err, &unknown):
		return "if that goes on, raise timeout for it"
	case errors.As(err, &unknown) && unknown.IsNotFound, errors.Is(err, errLoop), errors.Is(err, errTooManyHops), errors.Is(err, ErrBlocked):
		return mendAddress
	case errors.As(err, &plain):
		return "look whether its address begins with http:// in truth"
	case errors.As(err, &untrusted):
		return "only its owner can renew its certificate; one of your own authority is believed by way of SSL_CERT_FILE"
	case errors.Is(err, context.Canceled):
		return ""
	}
	return mendNetwork
}
