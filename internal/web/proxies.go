package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies are the networks whose X-Forwarded-For and X-Forwarded-Proto are believed
// (docs/contract/extensions.md section 6).
type proxies []netip.Prefix

// trusts reports whether a is a proxy of ours.
func (p proxies) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool {
		return network.Contains(a) || network.Addr().Is4In6() && network.Contains(netip.AddrFrom16(a.As16()))
	})
}

// trustsPeer reports whether the other end of the connection is a proxy of ours.
func (p proxies) trustsPeer(r *http.Request) bool {
	if len(p) == 0 {
		return false
	}
	peer, ok := parseAddress(peerOf(r))
	return ok && p.trusts(peer)
}

// client returns the address that a request comes from, as far as it can be known: each
// proxy adds at the end of the header who has sent to it, so from the end on, the first
// address that is not a proxy's is the client's. Everything before it may be made up. What
// is no address was written by a proxy of ours that does not know better: then that proxy
// is all that is known.
func (p proxies) client(r *http.Request) string {
	if !p.trustsPeer(r) {
		return peerOf(r)
	}
	client := peerOf(r)
	lines := r.Header["X-Forwarded-For"]
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, entry := lines[i], ""; rest != ""; {
			rest, entry = cutLast(rest)
			if entry == "" {
				continue // lists may have empty entries
			}
			address, ok := parseAddress(entry)
			if !ok {
				return client
			}
			client = address.String()
			if !p.trusts(address) {
				return client
			}
		}
	}
	return client
}

// overTLS reports whether the client has spoken TLS, to us or to a proxy of ours. Of
// several values the last one counts: our proxy's.
func (p proxies) overTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	lines := r.Header["X-Forwarded-Proto"]
	if len(lines) == 0 || !p.trustsPeer(r) {
		return false
	}
	_, scheme := cutLast(lines[len(lines)-1])
	return strings.EqualFold(scheme, "https")
}

// peerOf is the address at the other end of the connection, without its port.
func peerOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// cutLast takes the last entry off a list that is separated by commas.
func cutLast(list string) (rest, last string) {
	if i := strings.LastIndexByte(list, ','); i >= 0 {
		rest, list = list[:i], list[i+1:]
	}
	return rest, strings.Trim(list, " \t")
}

// parseAddress reads an address as proxies write it: alone, in brackets, or with a port.
func parseAddress(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		if at, errPort := netip.ParseAddrPort(text); errPort == nil {
			a, err = at.Addr(), nil
		} else if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
			a, err = netip.ParseAddr(inner[:len(inner)-1])
		}
	}
	return a.Unmap().WithZone(""), err == nil
}
