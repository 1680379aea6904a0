package bench

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"time"
)

// secret signs what the bare client sends.
const secret = "zICWczLmAOEDvh1DiPGSHw=="

var jsonType = []string{"application/json"}

// newTransport returns a transport for n connections at once to one host, as fast as net/http allows.
func newTransport(n int) *http.Transport {
	return &http.Transport{
		MaxIdleConns: n, MaxIdleConnsPerHost: n, MaxConnsPerHost: n,
		DisableCompression: true,
		WriteBufferSize:    16 << 10, ReadBufferSize: 4 << 10,
		IdleConnTimeout: time.Minute,
	}
}

// poster posts one body after the other. It is for one goroutine.
type poster struct {
	transport *http.Transport
	request   *http.Request // what all requests have in common
	mac       hash.Hash     // nil if nothing is signed
	sum       [sha256.Size]byte
	answer    [512]byte
}

// newPoster returns one that posts to target, with a token if there is one, and a signature if sign is true.
func newPoster(ctx context.Context, transport *http.Transport, target, token string, sign bool) (*poster, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	h := http.Header{"Content-Type": jsonType, "User-Agent": {"bellhop-bench"}}
	if token != "" {
		h["Authorization"] = []string{"Bearer " + token}
	}
	r := &http.Request{Method: http.MethodPost, URL: u, Host: u.Host, Header: h, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	p := &poster{transport: transport, request: r.WithContext(ctx)}
	if sign {
		p.mac = hmac.New(sha256.New, []byte(secret))
	}
	return p, nil
}

// post returns the status of the answer, how long to wait before the next request, if it says so, and what was read of it.
func (p *poster) post(body []byte) (status int, wait string, text []byte, err error) {
	r := p.request.WithContext(p.request.Context()) // a copy
	r.ContentLength = int64(len(body))
	r.Body = io.NopCloser(bytes.NewReader(body))
	// With it the transport repeats what found its connection closed by the other side.
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	if p.mac != nil {
		p.mac.Reset()
		p.mac.Write(body)
		const prefix = "sha256="
		var signature [len(prefix) + 2*sha256.Size]byte
		copy(signature[:], prefix)
		hex.Encode(signature[len(prefix):], p.mac.Sum(p.sum[:0]))
		r.Header["X-Hub-Signature-256"] = []string{string(signature[:])}
	}
	resp, err := p.transport.RoundTrip(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer resp.Body.Close()
	n, err := io.ReadFull(resp.Body, p.answer[:])
	if err == nil {
		// The answer is longer than what is looked at. Without its rest the connection could not be used again.
		_, err = io.Copy(io.Discard, resp.Body)
	} else if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	if err != nil {
		return 0, "", nil, fmt.Errorf("read the answer: %w", err)
	}
	return resp.StatusCode, resp.Header.Get("Retry-After"), p.answer[:n], nil
}
