package wire

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"
)

// Headers are the headers of a request or an answer, names with values, a name for each of
// its values. The order of values of one name counts.
type Headers [][2]string

// hops are the headers that are about one connection, and so end at it; and those that say
// how long the body is, which says that by itself (RFC 9110, section 7.6.1).
var hops = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	"Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info", "Content-Length", "Host", "Expect",
}

// HeadersOf returns what a tunnel carries of h, by name: all but what is about one connection,
// what the header Connection names, and what without is given besides. Bytes of values that
// are no UTF-8 become U+FFFD, since JSON has none.
func HeadersOf(h http.Header, without ...string) Headers {
	drop := slices.Concat(hops, without)
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			drop = append(drop, textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)))
		}
	}
	var list Headers
	for name, values := range h {
		if slices.Contains(drop, name) {
			continue
		}
		for _, value := range values {
			list = append(list, [2]string{name, strings.ToValidUTF8(value, "\ufffd")})
		}
	}
	slices.SortStableFunc(list, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return list
}

// Header returns the headers in the form of net/http, without what is about one connection.
func (h Headers) Header() http.Header {
	header := make(http.Header, len(h))
	for _, pair := range h {
		header.Add(pair[0], pair[1])
	}
	return HeadersOf(header).plain()
}

func (h Headers) plain() http.Header {
	header := make(http.Header, len(h))
	for _, pair := range h {
		header[pair[0]] = append(header[pair[0]], pair[1])
	}
	return header
}

// UnmarshalJSON takes pairs alone, where a Go array would take any length.
func (h *Headers) UnmarshalJSON(b []byte) error {
	var list [][]string
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	*h = nil
	for _, pair := range list {
		if len(pair) != 2 {
			return errors.New("a header is not a name and a value")
		}
		*h = append(*h, [2]string(pair))
	}
	return nil
}

// size is how many bytes the names and values have.
func (h Headers) size() (n int) {
	for _, pair := range h {
		n += len(pair[0]) + len(pair[1])
	}
	return n
}

// check returns what is wrong with the headers, "" if nothing is. Values are not named: they
// may be secret.
func (h Headers) check() string {
	if len(h) > MaxHeaders {
		return "too many headers"
	}
	for _, pair := range h {
		switch {
		case !isToken(pair[0]):
			return "the name of a header is not a token"
		case strings.ContainsFunc(pair[1], isControl):
			return "a header has a control character in it"
		case !utf8.ValidString(pair[1]):
			return "a header is not UTF-8"
		}
	}
	return ""
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// isToken reports whether s is a token of RFC 9110, which methods and names of headers are.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
