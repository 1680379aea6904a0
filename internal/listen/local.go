package listen

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"bellhop/internal/tunnel/wire"
)

// localTime bounds a request whose sender cannot give up any more, because its connection is gone.
const localTime = 2 * time.Minute

// ConnectionRefused is the failure of a request while nobody listens at the target.
const ConnectionRefused = "connection refused"

// ConnectionClosed is the failure of a request whose answer breaks off, or does not begin, as when the process crashes.
const ConnectionClosed = "connection closed before the answer was complete"

// local is the process on this machine.
type local struct {
	target    *url.URL
	transport *http.Transport
}

// answer is what the local process said, or why it said nothing.
type answer struct {
	failure string // "" if there is an answer
	status  int
	header  wire.Headers
	body    []byte
}

func newLocal(target *url.URL, dial func(ctx context.Context, network, address string) (net.Conn, error)) *local {
	return &local{target: target, transport: &http.Transport{
		DialContext: dial,
		// A connection for each request: one that is kept may be closed by the other side just when it is used again.
		DisableKeepAlives: true,
		// Bytes and headers stay as they are.
		DisableCompression: true,
		// Head and body of a delivery leave in one write (docs/contract/delivery.md section 2).
		WriteBufferSize:        128 << 10,
		MaxResponseHeaderBytes: wire.MaxHead,
	}}
}

// hand gives a request to the process and returns what that answers. Redirects are answers, too.
func (l *local) hand(ctx context.Context, r wire.Request) answer {
	ctx, cancel := context.WithTimeout(ctx, localTime)
	defer cancel()
	req, err := l.request(ctx, r)
	if err != nil {
		return answer{failure: err.Error()}
	}
	resp, err := l.transport.RoundTrip(req)
	if err != nil {
		return answer{failure: failure(ctx, err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxBody+1))
	switch {
	case err != nil:
		return answer{failure: failure(ctx, err)}
	case len(body) > wire.MaxBody:
		return answer{failure: "the answer is larger than 1 MiB"}
	}
	return answer{status: resp.StatusCode, header: wire.HeadersOf(resp.Header), body: body}
}

func (l *local) request(ctx context.Context, r wire.Request) (*http.Request, error) {
	target, err := join(l.target, r.Path, r.Query)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, errors.New("the request cannot be handed on")
	}
	req.URL = target
	req.Header = r.Headers.Header()
	if req.Header.Get("User-Agent") == "" {
		req.Header["User-Agent"] = []string{""} // none is sent, rather than that of the library
	}
	return req, nil
}

// join puts a path, as it was in the request line, and a query below a target. The root is the target itself.
func join(target *url.URL, path, query string) (*url.URL, error) {
	u := *target
	u.Fragment, u.RawFragment = "", ""
	if path != "" && path != "/" {
		plain, err := url.PathUnescape(path)
		if err != nil {
			return nil, errors.New("the path of the request is not valid")
		}
		if strings.Trim(target.Path, "/") != "" && climbs(plain) {
			return nil, errors.New("the path of the request leads out of that of the target")
		}
		u.RawPath = strings.TrimSuffix(target.EscapedPath(), "/") + path
		u.Path = strings.TrimSuffix(target.Path, "/") + plain
	}
	if u.Path == "" {
		u.Path = "/"
	}
	switch {
	case u.RawQuery == "":
		u.RawQuery = query
	case query != "":
		u.RawQuery += "&" + query
	}
	return &u, nil
}

// climbs reports whether a path, which is not escaped any more, has a segment that means the one above. Some processes
// take \ for / (WHATWG URL), and do not count what follows a semicolon.
func climbs(path string) bool {
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		if name, _, _ := strings.Cut(segment, ";"); name == ".." {
			return true
		}
	}
	return false
}

// failure says in short why there is no answer.
func failure(ctx context.Context, err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(context.Cause(ctx), errGivenUp):
		return errGivenUp.Error()
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "the tunnel was closed"
	case errors.Is(err, syscall.ECONNREFUSED):
		return ConnectionRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		return ConnectionClosed
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &dns):
		return "no such host"
	}
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "net/http: HTTP/1.x transport connection broken: "), "net/http: ")
}
