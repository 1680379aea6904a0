package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ErrNotAllowed is wrapped by errors of attempts that were refused because of where they lead.
var ErrNotAllowed = errors.New("address not allowed")

// notPublic4 are the IPv4 ranges of the IANA special-purpose registry that lead into the house or
// nowhere, and the metadata services outside of them.
var notPublic4 = prefixes(
	"0.0.0.0/8",        // this network; Linux connects 0.0.0.0 to itself
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // shared by carriers; a metadata service lives at 100.100.100.200
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // metadata and wire server of Azure
	"169.254.0.0/16",   // link-local, and most metadata services
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments; a metadata service lives at 192.0.0.192
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
)

// global6 holds all IPv6 addresses that anyone can reach. What is outside of it (loopback,
// unique-local, link-local, site-local, multicast, NAT64, IPv4-mapped) is not public.
var global6 = netip.MustParsePrefix("2000::/3")

// notPublic6 are the exceptions within global6.
var notPublic6 = prefixes(
	"2001::/23",     // protocol assignments: Teredo, benchmarks, ORCHID
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4
	"3fff::/20",     // documentation
)

// embeddings are the IPv6 ranges whose addresses carry an IPv4 address from byte `at` on, inverted
// if `inverted`. 64:ff9b:1::/48 carries one too, but where is known to its network alone.
var embeddings = []struct {
	in       netip.Prefix
	at       int
	inverted bool
}{
	{netip.MustParsePrefix("::/96"), 12, false},           // IPv4-compatible
	{netip.MustParsePrefix("::ffff:0:0/96"), 12, false},   // IPv4-mapped
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12, false}, // IPv4-translated
	{netip.MustParsePrefix("64:ff9b::/96"), 12, false},    // NAT64
	{netip.MustParsePrefix("2002::/16"), 2, false},        // 6to4
	{netip.MustParsePrefix("2001::/32"), 12, true},        // Teredo
}

func prefixes(texts ...string) []netip.Prefix {
	ps := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		ps[i] = netip.MustParsePrefix(t)
	}
	return ps
}

// canonicalPrefixes writes IPv4-mapped prefixes as IPv4, so that one comparison is enough.
func canonicalPrefixes(ps []netip.Prefix) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(ps))
	for _, p := range ps {
		if !p.IsValid() {
			return nil, fmt.Errorf("egress: allowed prefix %v is not valid", p)
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// allowed reports whether a may be dialed: it is public, or in the list. An IPv6 address that carries
// an IPv4 address is never public; listed itself, it still may not lead to an IPv4 address that is
// neither public nor listed, so that allowing all of NAT64 does not open the house.
func (c *Client) allowed(a netip.Addr) bool {
	a = a.WithZone("")
	inner, carries := embedded(a)
	if !carries {
		return isPublic(a) || c.listed(a)
	}
	return c.listed(inner) || c.listed(a) && isPublic(inner)
}

func (c *Client) listed(a netip.Addr) bool { return within(a, c.allow) }

func isPublic(a netip.Addr) bool {
	if a.Is4() {
		return !within(a, notPublic4)
	}
	return global6.Contains(a) && !within(a, notPublic6)
}

func within(a netip.Addr, ps []netip.Prefix) bool {
	return slices.ContainsFunc(ps, func(p netip.Prefix) bool { return p.Contains(a) })
}

func embedded(a netip.Addr) (netip.Addr, bool) {
	if a.Is4() || a == netip.IPv6Loopback() || a == netip.IPv6Unspecified() {
		return netip.Addr{}, false
	}
	b := a.As16()
	for _, e := range embeddings {
		// Prefix.Contains holds mapped addresses for IPv4, so they are recognized here.
		if !e.in.Contains(a) && !(a.Is4In6() && e.in.Addr().Is4In6()) {
			continue
		}
		v4 := [4]byte(b[e.at:])
		if e.inverted {
			for i := range v4 {
				v4[i] = ^v4[i]
			}
		}
		return netip.AddrFrom4(v4), true
	}
	return netip.Addr{}, false
}

// literal reads host as an address. IPv4 comes in every spelling that inet_aton knows (127.1,
// 0x7f000001, 2130706433, 0177.0.0.1), because something between here and the socket might know them
// too; what is dialed is the address that was judged. A host that is a name gives false. One that
// ends in a number and is no address gives an error: no such name exists.
func literal(host string) (netip.Addr, bool, error) {
	if strings.Contains(host, ":") {
		a, err := netip.ParseAddr(host)
		if err != nil || a.Zone() != "" {
			return netip.Addr{}, false, errors.New("must have a valid IPv6 address without zone")
		}
		return a, true, nil
	}
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if !looksNumeric(last) {
		return netip.Addr{}, false, nil
	}
	a, ok := parseIPv4(host)
	if !ok {
		return netip.Addr{}, false, errors.New("must have a valid IPv4 address")
	}
	return a, true, nil
}

func looksNumeric(label string) bool {
	if rest, hex := cutHex(label); hex {
		label = rest
		return strings.Trim(label, "0123456789abcdefABCDEF") == ""
	}
	return label != "" && strings.Trim(label, "0123456789") == ""
}

func cutHex(s string) (string, bool) {
	if len(s) >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		return s[2:], true
	}
	return s, false
}

// parseIPv4 reads an address as inet_aton does: one to four numbers, the last filling what is left.
func parseIPv4(s string) (netip.Addr, bool) {
	dots := strings.Count(s, ".")
	if dots > 3 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i := range dots + 1 {
		part, rest, _ := strings.Cut(s, ".")
		s = rest
		n, ok := parseNumber(part)
		room := 8
		if i == dots {
			room = 8 * (4 - dots)
		}
		if !ok || n >= 1<<room {
			return netip.Addr{}, false
		}
		sum = sum<<room | n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

func parseNumber(s string) (uint64, bool) {
	base := 10
	if rest, hex := cutHex(s); hex {
		s, base = rest, 16
		if s == "" {
			return 0, true // inet_aton and browsers read a bare 0x as zero
		}
	} else if len(s) > 1 && s[0] == '0' {
		base = 8
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}
