package egress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// passInside makes the exchange with what is in this process.
func (r *Request) passInside(ctx context.Context, near http.RoundTripper) (*Response, error) {
	start := time.Now()
	var timing Timing
	if err := r.mayLeave(); err != nil {
		return nil, newError(ctx, err, timing)
	}
	until, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(r.timeout(), func() { cancel(context.DeadlineExceeded) })
	defer timer.Stop()
	// To wait for others before it begins has the same bound of its own, as with a free connection.
	begun := func(httptrace.GotConnInfo) {
		timer.Reset(r.timeout())
		start = time.Now()
		if r.Begun != nil {
			r.Begun()
		}
	}
	response, err := r.exchangeInside(httptrace.WithClientTrace(until, &httptrace.ClientTrace{GotConn: begun}), near)
	timing.Total = time.Since(start)
	if errors.Is(err, context.Canceled) {
		err = context.Cause(until)
	}
	if err != nil {
		return nil, newError(ctx, err, timing)
	}
	timing.FirstByte = timing.Total // an answer comes whole
	response.Timing = timing
	return response, nil
}

func (r *Request) exchangeInside(ctx context.Context, near http.RoundTripper) (*Response, error) {
	answer, err := near.RoundTrip(r.inside(ctx))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if headSize(answer.Header) > maxHead {
		return nil, errHeadTooLarge
	}
	most := r.maxBody()
	body, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err != nil {
		return nil, err
	}
	truncated := int64(len(body)) > most
	if truncated {
		body = body[:most]
	}
	body, truncated = unpack(answer.Header, body, truncated, most)
	if len(body) == 0 {
		body = nil
	}
	return &Response{Status: answer.StatusCode, Header: answer.Header, Body: body, Truncated: truncated}, nil
}

// inside is the request in the form of net/http, with the same headers that it would have on its
// way out.
func (r *Request) inside(ctx context.Context) *http.Request {
	u := *r.URL
	u.User = nil
	header := http.Header{"User-Agent": {userAgent}}
	for name, values := range r.Header {
		if !framing(name) {
			header[name] = values
		}
	}
	if r.URL.User != nil {
		header["Authorization"] = []string{"Basic " + string(appendCredentials(nil, r.URL.User))}
	}
	request := &http.Request{
		Method: r.method(), URL: &u, Host: u.Host, Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(r.Body)), ContentLength: int64(len(r.Body)),
	}
	return request.WithContext(ctx)
}

func headSize(h http.Header) (n int) {
	for name, values := range h {
		for _, value := range values {
			n += len(name) + len(value)
		}
	}
	return n
}
