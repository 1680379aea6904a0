package egress

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// roundTrip is a function that answers.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// insider is a client of which https://own.example is inside.
func insider(t *testing.T, answer roundTrip) *Client {
	t.Helper()
	c, err := New(Config{Inside: func(r *Request) http.RoundTripper {
		if r.URL.Host == "own.example" || r.URL.Host == "127.0.0.1:9" {
			return answer
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answerOf(status int, header http.Header, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body))}
}

// Contract: extensions.md 5.3: The server reaches its own tunnels
func TestInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		fmt.Fprint(w, strings.Repeat("x", 100))
		w.Close()
		c := insider(t, func(r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			h := r.Header
			if r.Method != "POST" || r.URL.String() != "https://own.example/a%2Fb?c=d" || string(body) != "body" ||
				h.Get("Authorization") != "Basic dTpw" || h.Get("X-A") != "1" || h.Get("User-Agent") != userAgent || h.Get("Connection") != "" {
				t.Errorf("asked %s %s with %v, %q", r.Method, r.URL, h, body)
			}
			time.Sleep(time.Second)
			return answerOf(201, http.Header{"Content-Encoding": {"gzip"}}, packed.Bytes()), nil
		})
		u, err := c.CheckURL("https://u:p@own.example/a%2Fb?c=d")
		if err != nil {
			t.Fatal(err)
		}
		r := &Request{Method: "POST", URL: u, Header: http.Header{"X-A": {"1"}, "Connection": {"x"}}, Body: []byte("body"), MaxBody: 99}
		got, err := c.Do(t.Context(), r)
		if err != nil || got.Status != 201 || len(got.Body) != 99 || !got.Truncated {
			t.Fatalf("answered %+v, %v", got, err)
		}
		if got.Timing != (Timing{FirstByte: time.Second, Total: time.Second}) {
			t.Errorf("timing %+v", got.Timing)
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("the request was changed")
		}
	})
}

// Contract: extensions.md 5.3: The server reaches its own tunnels
func TestInsideFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		canceled, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		for _, test := range []struct {
			ctx    context.Context
			answer roundTrip
			reason string
			is     error
		}{
			{t.Context(), func(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("%w (x)", ErrAway) }, ErrAway.Error(), ErrAway},
			{t.Context(), hangs, "timeout", context.DeadlineExceeded},
			{canceled, hangs, "canceled", context.Canceled},
			{t.Context(), func(*http.Request) (*http.Response, error) {
				return answerOf(200, http.Header{"X": {strings.Repeat("x", maxHead)}}, nil), nil
			}, errHeadTooLarge.Error(), errHeadTooLarge},
		} {
			c := insider(t, test.answer)
			_, err := c.Do(test.ctx, &Request{URL: &url.URL{Scheme: "https", Host: "own.example"}, Timeout: 5 * time.Second})
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Reason != test.reason || !errors.Is(err, test.is) {
				t.Errorf("%v, want %s", err, test.reason)
			}
		}
	})
}

// Contract: extensions.md 5.1: At most 64 requests
// Contract: extensions.md 5.1: Services, and all that asks
func TestInsideBeginsWhenItsTurnComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			wait, take time.Duration
			reason     string
			total      time.Duration
		}{
			{4 * time.Second, 4 * time.Second, "", 4 * time.Second},
			{4 * time.Second, 6 * time.Second, "timeout", 5 * time.Second},
			{6 * time.Second, 0, "timeout", 5 * time.Second},
		} {
			c := insider(t, func(r *http.Request) (*http.Response, error) {
				for i, d := range []time.Duration{test.wait, test.take} {
					select {
					case <-time.After(d):
					case <-r.Context().Done():
						return nil, r.Context().Err()
					}
					if i == 0 {
						httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
					}
				}
				return answerOf(200, nil, nil), nil
			})
			got, err := c.Do(t.Context(), &Request{URL: &url.URL{Scheme: "https", Host: "own.example"}, Timeout: 5 * time.Second})
			var reason string
			var timing Timing
			if e, ok := errors.AsType[*Error](err); ok {
				reason, timing = e.Reason, e.Timing
			} else {
				timing = got.Timing
			}
			if reason != test.reason || timing.Total != test.total {
				t.Errorf("waited %v and took %v: %q after %v, want %q after %v", test.wait, test.take, reason, timing.Total, test.reason, test.total)
			}
		}
	})
}

// Contract: extensions.md 5.3: The server reaches its own tunnels
func TestInsideMayBeAnywhere(t *testing.T) {
	c := insider(t, func(*http.Request) (*http.Response, error) { return answerOf(200, nil, nil), nil })
	if _, err := c.CheckURL("http://127.0.0.1:9/x"); err != nil {
		t.Errorf("CheckURL of what is inside: %v", err)
	}
	if _, err := c.CheckURL("http://127.0.0.1:10/x"); err == nil {
		t.Error("CheckURL of another port passes")
	}
	if got, err := c.Do(t.Context(), &Request{URL: &url.URL{Scheme: "http", Host: "127.0.0.1:9"}}); err != nil || got.Status != 200 || got.Body != nil {
		t.Errorf("answered %+v, %v", got, err)
	}
}
