package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxURL  = 2048
	maxHost = 253
)

// CheckURL parses raw and refuses what can be refused without asking DNS: what is not an absolute
// http or https URL with a host, has a fragment, or names an address that may not be reached, however
// it is spelled. What this server answers itself may be anywhere. A URL that passes may still lead to a refused address by its name; Do judges that.
// The text of an error follows the name of a field: "params.url" + " must be absolute"
// (docs/contract/services.md section 2); it contains nothing of raw.
func (c *Client) CheckURL(raw string) (*url.URL, error) {
	if err := checkText(raw); err != nil {
		return nil, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New(explainParse(err))
	}
	if !u.IsAbs() {
		return nil, errors.New("must be absolute")
	}
	to, err := targetOf(u)
	if err != nil {
		return nil, err
	}
	if a := to.literal; a.IsValid() && !c.allowed(a) && c.inside(&Request{URL: u}) == nil {
		return nil, errors.New("must not point to an address that is private or reserved")
	}
	return u, nil
}

func checkText(raw string) error {
	switch {
	case raw == "":
		return errors.New("is required")
	case len(raw) > maxURL:
		return fmt.Errorf("must have at most %d bytes", maxURL)
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f && r <= 0xa0 }):
		return errors.New("must not contain spaces or control characters")
	case strings.Contains(raw, `\`):
		// Browsers read it as a slash, Go does not: two readers, two hosts.
		return errors.New("must not contain a backslash")
	case strings.Contains(raw, "#"):
		return errors.New("must not have a fragment")
	}
	return nil
}

// explainParse says what url.Parse found without repeating the URL, which may hold a password.
func explainParse(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "invalid port"):
		return "must have a valid port"
	case strings.Contains(text, "missing protocol scheme"), strings.Contains(text, "first path segment"):
		return "must be absolute"
	}
	return "must be a valid URL"
}

// origin is what connections have in common that can stand in for each other.
type origin struct {
	tls  bool
	host string // lower case, an IPv6 address without brackets
	port uint16
}

// target is where a URL leads.
type target struct {
	origin
	literal netip.Addr // valid if the host is an address
}

// targetOf reads u strictly. Its errors can follow "params.url ".
func targetOf(u *url.URL) (target, error) {
	if u == nil {
		return target{}, errors.New("is required")
	}
	var to target
	switch u.Scheme {
	case "http":
		to.port = 80
	case "https":
		to.port, to.tls = 443, true
	default:
		return target{}, errors.New("must have the scheme http or https")
	}
	if u.Opaque != "" || u.Hostname() == "" {
		return target{}, errors.New("must have a host")
	}
	to.host = strings.ToLower(u.Hostname())
	if err := checkHost(to.host); err != nil {
		return target{}, err
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return target{}, errors.New("must have a valid port")
		}
		to.port = uint16(n)
	}
	var err error
	to.literal, _, err = literal(to.host)
	return to, err
}

// checkHost holds names to what DNS and a Host header can carry. Names in other scripts come in
// punycode: looking them up as they are would need tables that must agree with everybody else's.
func checkHost(host string) error {
	if strings.Contains(host, ":") {
		return nil // judged as an IPv6 address
	}
	name := strings.TrimSuffix(host, ".")
	if len(name) > maxHost {
		return errors.New("must have a host name of at most 253 bytes")
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return errors.New("must have a valid host name")
		}
	}
	for i := range len(name) {
		if b := name[i]; b >= 0x80 || b == '%' {
			return errors.New("must have a host name in ASCII (punycode)")
		} else if !isLetterOrDigit(b) && b != '-' && b != '_' && b != '.' {
			return errors.New("must have a valid host name")
		}
	}
	return nil
}

func isLetterOrDigit(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}
