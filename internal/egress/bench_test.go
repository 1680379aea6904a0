package egress

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// answering reads requests of a fixed size and answers them at little cost, so that a benchmark
// measures the client.
func answering(size int) func(int, net.Conn) {
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}")
	return func(_ int, c net.Conn) {
		b := make([]byte, 64<<10)
		for {
			for got, want := 0, -1; want < 0 || got < want; {
				n, err := c.Read(b[got:])
				if err != nil {
					return
				}
				got += n
				if head := bytes.Index(b[:got], []byte("\r\n\r\n")); want < 0 && head >= 0 {
					want = head + 4 + size
				}
			}
			c.Write(answer)
		}
	}
}

func benchmarkHeader() http.Header {
	return http.Header{
		"Content-Type":        {"application/json"},
		"Accept":              {"application/json"},
		"X-Hub-Signature":     {"sha1=06ce75e64029960410fc60b7a7b758d9390c634a"},
		"X-Delivery-Id":       {"5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d90"},
		"X-Delivery-Attempt":  {"1"},
		"X-Hub-Signature-256": {"sha256=" + strings.Repeat("0", 64)},
	}
}

const benchmarkSize = 1 << 10

func BenchmarkDo(b *testing.B) {
	base := listen(b, answering(benchmarkSize))
	client := newClient(b, Config{})
	u := mustURL(b, strings.Replace(base, "http://", "http://user:s3cret@", 1)+"/hook")
	body := bytes.Repeat([]byte("x"), benchmarkSize)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		r := &Request{Method: "POST", URL: u, Body: body, Header: benchmarkHeader()}
		for pb.Next() {
			if resp, err := client.Do(b.Context(), r); err != nil || resp.Status != 200 {
				b.Error(resp, err)
				return
			}
		}
	})
}

// BenchmarkNetHTTP is what the same costs with the client of net/http.
func BenchmarkNetHTTP(b *testing.B) {
	base := listen(b, answering(benchmarkSize))
	transport := &http.Transport{MaxIdleConnsPerHost: 1000, DisableCompression: true, WriteBufferSize: 128 << 10}
	b.Cleanup(transport.CloseIdleConnections)
	u := strings.Replace(base, "http://", "http://user:s3cret@", 1) + "/hook"
	body := bytes.Repeat([]byte("x"), benchmarkSize)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, _ := http.NewRequestWithContext(b.Context(), "POST", u, bytes.NewReader(body))
			r.Header = benchmarkHeader()
			resp, err := (&http.Client{Transport: transport, Timeout: defaultTimeout}).Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			io.ReadAll(io.LimitReader(resp.Body, defaultMaxBody))
			resp.Body.Close()
		}
	})
}

func BenchmarkCheckURL(b *testing.B) {
	client := newClient(b, Config{})
	b.ReportAllocs()
	for b.Loop() {
		client.CheckURL("https://user:s3cret@example.com/hook?a=b")
	}
}
