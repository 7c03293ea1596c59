package poll

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
	"golang.org/x/net/idna"
)

// ErrBlocked says that an address must not be dialled: its scheme, port or
// network is not allowed.
var ErrBlocked = errors.New("blocked address")

// errNotPublic is an ErrBlocked that allow_private lifts.
var errNotPublic = fmt.Errorf("%w", ErrBlocked)

// errPort is an errNotPublic for a port at which public servers are not asked.
var errPort = fmt.Errorf("%w", errNotPublic)

// defaultPorts are dialled on public addresses.
var defaultPorts = []uint16{80, 443, 8080, 8443}

// neverPrefixes are denied beyond what package ssrf knows, also where private
// networks are allowed: addresses by which clouds tell machines their secrets,
// and prefixes that were handed back.
var neverPrefixes = []netip.Prefix{
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure's wire server, on a public address
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba's metadata, within shared address space
	netip.MustParsePrefix("fd00:ec2::/32"),      // AWS metadata, within unique local addresses
	netip.MustParsePrefix("fd20:ce::/32"),       // Google's metadata, likewise
	netip.MustParsePrefix("3ffe::/16"),          // 6bone, returned (RFC 3701)
}

// privateV4 and privateV6 are what a source may be allowed by its entry.
// Link-local addresses are not among them: that is where metadata services live.
var (
	privateV4 = []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("100.64.0.0/10"),
	}
	privateV6 = []netip.Prefix{
		netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("fc00::/7"),
	}
)

// A guard decides which addresses may be dialled.
type guard struct {
	private bool
	ports   []uint16
	ranges  *ssrf.Guardian
}

func newGuard(ports []uint16, private bool) *guard {
	if ports == nil {
		ports = defaultPorts
	}
	if private {
		return &guard{private: true, ranges: ssrf.New(ssrf.WithAnyPort(),
			ssrf.WithAllowedV4Prefixes(privateV4...), ssrf.WithAllowedV6Prefixes(privateV6...))}
	}
	return &guard{ports: ports, ranges: ssrf.New(ssrf.WithAnyPort())}
}

// control is called by the dialler with the very address that it is about to
// connect to, after names were resolved: what was checked is what is dialled.
func (g *guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: network %s", ErrBlocked, network)
	}
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrBlocked, address)
	}
	if err := g.port(addr.Port()); err != nil {
		return err
	}
	return g.address(addr.Addr())
}

func (g *guard) port(port uint16) error {
	if port == 0 || !g.private && !slices.Contains(g.ports, port) {
		return fmt.Errorf("%w: port %d", errPort, port)
	}
	return nil
}

func (g *guard) address(ip netip.Addr) error {
	if ip.Zone() != "" {
		return fmt.Errorf("%w: %s has a zone", ErrBlocked, ip)
	}
	ip = ip.Unmap()
	for _, p := range neverPrefixes {
		if p.Contains(ip) {
			return fmt.Errorf("%w: %s", ErrBlocked, ip)
		}
	}
	if err := g.ranges.SafeAddr(ip); err != nil {
		kind := ErrBlocked
		if slices.ContainsFunc(slices.Concat(privateV4, privateV6), func(p netip.Prefix) bool { return p.Contains(ip) }) {
			kind = errNotPublic
		}
		return fmt.Errorf("%w: %s is not public", kind, ip)
	}
	return nil
}

// admit checks a URL before anything is resolved and returns it in the form in
// which it is sent: without user, password and fragment, its host in ASCII.
// Spellings of addresses that resolvers disagree upon are refused.
func (g *guard) admit(u *url.URL) (*url.URL, error) {
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: scheme %.20q", ErrBlocked, u.Scheme)
	}
	host, err := asciiHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	port := 80
	if u.Scheme == "https" {
		port = 443
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil || port > 65535 {
			return nil, fmt.Errorf("%w: port %.10q", ErrBlocked, p)
		}
	}
	if err := g.port(uint16(port)); err != nil {
		return nil, err
	}
	bare := strings.TrimSuffix(host, ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		if err := g.address(ip); err != nil {
			return nil, err
		}
	} else if numeric(bare) {
		return nil, fmt.Errorf("%w: %.40q is an address in disguise", ErrBlocked, host)
	} else if !g.private && !strings.Contains(bare, ".") {
		return nil, fmt.Errorf("%w: %.40q is a name of the local network", errNotPublic, host)
	}
	sent := *u
	sent.User, sent.Fragment, sent.RawFragment = nil, "", ""
	sent.RawQuery = spaces.Replace(sent.RawQuery)
	if host != u.Hostname() {
		sent.Host = host
		if p := u.Port(); p != "" {
			sent.Host = net.JoinHostPort(host, p)
		}
	}
	return &sent, nil
}

// spaces writes a query as browsers send it: a space would end the address, and servers
// refuse the request. Of paths package url takes care.
var spaces = strings.NewReplacer(" ", "%20")

// asciiHost maps a host as browsers do: wide digits and dots become plain
// ones, which is how an address can look like a name.
func asciiHost(host string) (string, error) {
	if host == "" {
		return "", fmt.Errorf("%w: no host", ErrBlocked)
	}
	for i := range len(host) {
		if host[i] >= 0x80 {
			ascii, err := idna.Lookup.ToASCII(host)
			if err != nil {
				return "", fmt.Errorf("%w: host is not a valid name", ErrBlocked)
			}
			return ascii, nil
		}
	}
	if strings.ContainsAny(host, " /\\%\"<>^`{|}\x7f") {
		return "", fmt.Errorf("%w: host is not a valid name", ErrBlocked)
	}
	return host, nil
}

// numeric reports whether a name's last label is a number, decimal, octal or
// hexadecimal: such a name is an address to some resolvers (WHATWG URL,
// "ends in a number").
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	hex, ok := strings.CutPrefix(strings.ToLower(last), "0x")
	return ok && strings.Trim(hex, "0123456789abcdef") == ""
}
