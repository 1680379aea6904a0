package tunnel

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"bellhop"
	"bellhop/internal/tunnel/wire"
)

// Sender is for whom the server itself sends a request.
type Sender struct {
	Owner string // whose it is: owners that wait for their turn get it one after the other
	Order string // shared by requests that are handed on one after the other; "" if there are none

	// MayLeave, if it is not nil, is asked when the request is about to be sent, after it has waited for its turn. If
	// it returns an error nothing is sent, and the error is that of RoundTrip. It must not block, nor use the
	// tunnels. A request through a tunnel of another node waits there: instead that node looks whether this one
	// is still a member, since others deliver what was for one that is not.
	MayLeave func() error
}

// order returns what a frame says of it.
func (s Sender) order() string {
	if s.Order == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(s.Order))
	return hex.EncodeToString(sum[:wire.MaxOrder/2])
}

// Inside returns what answers requests to u without leaving this process, nil if u leads to no
// tunnel of this server. Its errors wrap ErrAway, or are what the request's context ended
// with, or by.MayLeave has said; a refusal is an answer, as for everybody. GotConn of net/http/httptrace is called when a
// request has its place among those under way.
func (t *Tunnels) Inside(u *url.URL, by Sender) http.RoundTripper {
	id := t.Of(u)
	if id == "" {
		return nil
	}
	return inside{t, id, by}
}

type inside struct {
	tunnels *Tunnels
	id      bellhop.ID
	by      Sender
}

// RoundTrip sends a request through the tunnel.
func (i inside) RoundTrip(r *http.Request) (*http.Response, error) {
	_, path, _ := strings.Cut(r.URL.EscapedPath(), "/tunnels/"+string(i.id))
	request := wire.Request{Method: r.Method, Path: rooted(path), Query: r.URL.RawQuery, Headers: wire.HeadersOf(r.Header), Order: i.by.order()}
	if r.Body != nil {
		defer r.Body.Close()
		var err error
		if request.Body, err = io.ReadAll(io.LimitReader(r.Body, wire.MaxBody+1)); err != nil {
			return nil, fmt.Errorf("read the body of a request to a tunnel: %w", err)
		}
	}
	response, err := i.tunnels.pass(r.Context(), i.id, i.by, request)
	if refused, ok := errors.AsType[*refusal](err); ok && !refused.away {
		header := http.Header{"Content-Type": {"application/json"}}
		return responseOf(r, refused.status, header, refused.body(refused.Error())), nil
	}
	if err != nil {
		return nil, err
	}
	return responseOf(r, response.Status, response.Headers.Header(), response.Body), nil
}

func responseOf(r *http.Request, status int, header http.Header, body []byte) *http.Response {
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
