package egress

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const userAgent = "Web1on1-Webhook/2" // docs/contract/delivery.md section 1

// Request is one attempt to be made. Do only reads it, so a request can be used again.
type Request struct {
	Method string   // "" means GET
	URL    *url.URL // user info becomes Basic authorization and is not part of the request line

	// Header is sent as it is, but for what frames the message (Host, Content-Length, Connection and
	// the like), which is left out, and Authorization, which user info of the URL replaces.
	// User-Agent has a default.
	Header http.Header

	Body []byte

	// Timeout bounds the attempt from the name's lookup to the end of the answer; 0 means 20 s.
	// Waiting for a free connection before that has the same bound of its own.
	Timeout time.Duration

	// MaxBody says how much of the answer's body is kept; 0 means 16 KiB, less than 0 nothing.
	MaxBody int64

	// Begun, if it is not nil, is called when a request to a URL of this server itself has its turn
	// there: it may have waited for others (Config.Inside).
	Begun func()

	// MayLeave, if it is not nil, is asked each time right before the request leaves, when the connection
	// is there. If it returns an error nothing is sent, and the error of Do wraps it. A request to a URL
	// of this server itself is asked for when it is handed over, and again when it has had its turn (Config.Inside).
	MayLeave func() error

	// Owner is whose share of the connections this one counts as; "" means the URL's host.
	Owner string

	// Order is what requests share that are to be handed on one after the other; "" means that nothing
	// has to wait for this one. The network knows nothing of it, but what Config.Inside returns may.
	Order string
}

func (r *Request) owner(to target) string {
	if r.Owner != "" {
		return r.Owner
	}
	return to.host
}

func (r *Request) mayLeave() error {
	if r.MayLeave == nil {
		return nil
	}
	return r.MayLeave()
}

func (r *Request) timeout() time.Duration {
	if r.Timeout <= 0 {
		return defaultTimeout
	}
	return r.Timeout
}

func (r *Request) maxBody() int64 {
	if r.MaxBody == 0 {
		return defaultMaxBody
	}
	return max(r.MaxBody, 0)
}

func (r *Request) method() string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// check refuses what would break out of its place in the head. Values are never part of the error:
// they may be secret.
func (r *Request) check() error {
	if !IsToken(r.method()) {
		return errors.New("method is not a token")
	}
	for name, values := range r.Header {
		if !IsToken(name) {
			return fmt.Errorf("header name %q is not a token", name)
		}
		if slices.ContainsFunc(values, hasControl) {
			return fmt.Errorf("header %s contains a control character", name)
		}
	}
	return nil
}

// IsToken reports whether s is a token of RFC 9110, which names of headers are.
func IsToken(s string) bool {
	for i := range len(s) {
		if b := s[i]; !isLetterOrDigit(b) && strings.IndexByte("!#$%&'*+-.^_`|~", b) < 0 {
			return false
		}
	}
	return s != ""
}

func hasControl(s string) bool {
	for i := range len(s) {
		if b := s[i]; b < ' ' && b != '\t' || b == 0x7f {
			return true
		}
	}
	return false
}

// appendTo writes head and body to b.
func (r *Request) appendTo(b []byte) []byte {
	b = append(b, r.method()...)
	b = append(b, ' ')
	b = appendTarget(b, r.URL)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, strings.TrimSuffix(r.URL.Host, ":")...)
	b = append(b, "\r\n"...)
	if _, given := r.Header["User-Agent"]; !given {
		b = append(b, "User-Agent: "+userAgent+"\r\n"...)
	}
	if r.URL.User != nil {
		b = append(b, "Authorization: Basic "...)
		b = appendCredentials(b, r.URL.User)
		b = append(b, "\r\n"...)
	}
	b = r.appendHeader(b)
	if len(r.Body) > 0 || r.method() != http.MethodGet && r.method() != http.MethodHead {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(r.Body)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	return append(b, r.Body...)
}

// appendHeader writes the headers in the order of their names, so that all attempts look the same.
func (r *Request) appendHeader(b []byte) []byte {
	var few [16]string
	names := few[:0]
	for name := range r.Header {
		if !framing(name) && (r.URL.User == nil || !strings.EqualFold(name, "Authorization")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.Header[name] {
			b = append(b, name...)
			b = append(b, ": "...)
			b = append(b, strings.TrimSpace(value)...)
			b = append(b, "\r\n"...)
		}
	}
	return b
}

// framing reports whether a header says how the message or the connection is cut, which is for this
// package to say.
func framing(name string) bool {
	switch len(name) {
	case 2, 4, 6, 7, 10, 14, 16, 17:
	default:
		return false
	}
	for _, f := range [...]string{"TE", "Host", "Expect", "Trailer", "Upgrade", "Connection", "Keep-Alive",
		"Content-Length", "Proxy-Connection", "Transfer-Encoding"} {
		if strings.EqualFold(name, f) {
			return true
		}
	}
	return false
}

// appendTarget writes path and query. The query is kept as it is; bytes that a request line can't
// carry, which no URL from CheckURL has but non-ASCII ones, are percent-encoded.
func appendTarget(b []byte, u *url.URL) []byte {
	path := escapedPath(u)
	if !strings.HasPrefix(path, "/") {
		b = append(b, '/')
	}
	b = appendVisible(b, path)
	if u.ForceQuery || u.RawQuery != "" {
		b = append(b, '?')
		b = appendVisible(b, u.RawQuery)
	}
	return b
}

// escapedPath keeps the spelling of the path, also where only some of it is escaped, which
// URL.EscapedPath spells anew.
func escapedPath(u *url.URL) string {
	if u.RawPath != "" && !strings.Contains(u.RawPath, "?") {
		if path, err := url.PathUnescape(u.RawPath); err == nil && path == u.Path {
			return u.RawPath
		}
	}
	return u.EscapedPath()
}

func appendVisible(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '#' {
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		} else {
			b = append(b, c)
		}
	}
	return b
}

func appendCredentials(b []byte, user *url.Userinfo) []byte {
	password, _ := user.Password()
	return base64.StdEncoding.AppendEncode(b, []byte(user.Username()+":"+password))
}
