package egress

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Contract: delivery.md 2: User-Agent
// Contract: delivery.md Messages in the answer: Requests have no Accept-Encoding
func TestRequestBytes(t *testing.T) {
	for _, c := range []struct {
		name    string
		request Request
		raw     string
		want    []string
	}{
		{"challenge", Request{}, "https://user:s3cret@example.com/hook?type=subscribe&challenge=q7", []string{
			"GET /hook?type=subscribe&challenge=q7 HTTP/1.1",
			"Host: example.com",
			"User-Agent: Web1on1-Webhook/2",
			"Authorization: Basic dXNlcjpzM2NyZXQ=",
			"", ""}},
		{"delivery", Request{
			Method: "POST", Body: []byte(`{"a":"é"}`),
			Header: http.Header{"X-Hub-Signature": {"sha1=00"}, "Content-Type": {"application/json"}},
		}, "http://example.com:8080", []string{
			"POST / HTTP/1.1",
			"Host: example.com:8080",
			"User-Agent: Web1on1-Webhook/2",
			"Content-Type: application/json",
			"X-Hub-Signature: sha1=00",
			"Content-Length: 10",
			"", `{"a":"é"}`}},
		{"percent-decoded user info", Request{}, "http://u%40x:p%3Aw%2F@example.com:/", []string{
			"GET / HTTP/1.1",
			"Host: example.com",
			"User-Agent: Web1on1-Webhook/2",
			"Authorization: Basic dUB4OnA6dy8=",
			"", ""}},
		{"query kept", Request{}, "http://example.com/a%2Fb/ä?x=%20&y=a+b;c&x=ä&&z", []string{
			"GET /a%2Fb/%C3%A4?x=%20&y=a+b;c&x=%C3%A4&&z HTTP/1.1",
			"Host: example.com",
			"User-Agent: Web1on1-Webhook/2",
			"", ""}},
		{"framing is ours", Request{
			Method: "POST",
			Header: http.Header{
				"Host": {"evil"}, "content-length": {"7"}, "Transfer-Encoding": {"chunked"}, "Connection": {"close"},
				"Expect": {"100-continue"}, "Te": {"trailers"}, "Upgrade": {"h2c"}, "Trailer": {"X"}, "Keep-Alive": {"x"},
				"Proxy-Connection": {"x"}, "Authorization": {"Bearer mine"}, "User-Agent": {"other"}, "X-A": {" 1 ", "2"},
			},
		}, "http://example.com/?", []string{
			"POST /? HTTP/1.1",
			"Host: example.com",
			"Authorization: Bearer mine",
			"User-Agent: other",
			"X-A: 1",
			"X-A: 2",
			"Content-Length: 0",
			"", ""}},
		{"user info wins", Request{Header: http.Header{"authorization": {"Bearer mine"}}}, "http://u@example.com/", []string{
			"GET / HTTP/1.1",
			"Host: example.com",
			"User-Agent: Web1on1-Webhook/2",
			"Authorization: Basic dTo=",
			"", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.request.URL = mustURL(t, c.raw)
			if err := c.request.check(); err != nil {
				t.Fatal(err)
			}
			if got, want := string(c.request.appendTo(nil)), strings.Join(c.want, "\r\n"); got != want {
				t.Errorf("bytes = %q\nwant    %q", got, want)
			}
		})
	}
}

func TestRequestRefused(t *testing.T) {
	client := newClient(t, Config{})
	u := mustURL(t, "http://127.0.0.1/")
	for name, r := range map[string]*Request{
		"no URL":         {},
		"no scheme":      {URL: &url.URL{Host: "127.0.0.1"}},
		"opaque":         {URL: &url.URL{Scheme: "http", Opaque: "127.0.0.1"}},
		"host":           {URL: &url.URL{Scheme: "http", Host: "127.0.0.1\r\nX: y"}},
		"bracketed host": {URL: &url.URL{Scheme: "http", Host: "[::1]\r\nX: y"}},
		"port":           {URL: &url.URL{Scheme: "http", Host: "127.0.0.1:80\r\nX: y"}},
		"method":         {URL: u, Method: "GET / HTTP/1.1\r\nX: y\r\n"},
		"header name":    {URL: u, Header: http.Header{"X: y\r\nZ": {"1"}}},
		"no header name": {URL: u, Header: http.Header{"": {"1"}}},
		"header value":   {URL: u, Header: http.Header{"X": {"s3cret\r\nZ: 1"}}},
		"nul":            {URL: u, Header: http.Header{"X": {"s3cret\x00"}}},
	} {
		_, err := client.Do(t.Context(), r)
		wantReason(t, err, reasonInvalid)
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v tells a header's value", name, err)
		}
	}
}
