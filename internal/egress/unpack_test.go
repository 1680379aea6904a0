package egress

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// packed compresses text with the coding; "raw" is deflate without its envelope.
func packed(t testing.TB, coding, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw":
		w, _ = flate.NewWriter(&b, flate.BestCompression)
	}
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// answered is an answer with a length and one more header.
func answered(header, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\n%s\r\nContent-Length: %d\r\n\r\n%s", header, len(body), body)
}

// Contract: delivery.md Messages in the answer: An endpoint that compresses
// Contract: delivery.md Messages in the answer: Other codings
func TestUnpack(t *testing.T) {
	const text = `{"messages":[{"text":"Which size?"}]}`
	gz, long := packed(t, "gzip", text), strings.Repeat("0123456789", 10_000)
	for _, c := range []struct {
		name, codings, body, want string
		cut                       bool
		most                      int64
		truncated                 bool
	}{
		{"none", "", gz, gz, false, 1000, false},
		{"identity", "identity", text, text, false, 1000, false},
		{"gzip", "gzip", gz, text, false, 1000, false},
		{"gzip by its other names", " X-GZip ", gz, text, false, 1000, false},
		{"gzip of nothing", "gzip", packed(t, "gzip", ""), "", false, 1000, false},
		{"two members of gzip", "gzip", gz + gz, text + text, false, 1000, false},
		{"deflate", "deflate", packed(t, "deflate", text), text, false, 1000, false},
		{"deflate, raw", "deflate", packed(t, "raw", text), text, false, 1000, false},
		{"exactly all", "gzip", gz, text, false, int64(len(text)), false},
		{"one more", "gzip", gz, text[:len(text)-1], false, int64(len(text)) - 1, true},
		{"much more", "gzip", packed(t, "gzip", long), long[:100], false, 100, true},
		{"the beginning", "gzip", packed(t, "gzip", long)[:100], long, true, 200_000, true},
		{"nothing kept", "gzip", "", "", true, 0, true},

		// These stay as they are.
		{"no gzip", "gzip", text, text, false, 1000, false},
		{"no deflate", "deflate", "\xff\xff\xff", "\xff\xff\xff", false, 1000, false},
		{"half of gzip", "gzip", gz[:20], gz[:20], false, 1000, false},
		{"wrong checksum", "gzip", gz[:len(gz)-8] + "12345678", gz[:len(gz)-8] + "12345678", false, 1000, false},
		{"garbage behind", "gzip", gz + "garbage", gz + "garbage", false, 1000, false},
		{"beginning that says nothing", "gzip", gz[:10], gz[:10], true, 1000, true},
		{"br", "br", "\x0b\x02\x80ok\x03", "\x0b\x02\x80ok\x03", false, 1000, false},
		{"zstd", "zstd", "\x28\xb5\x2f\xfd", "\x28\xb5\x2f\xfd", false, 1000, false},
		{"twice", "gzip, gzip", packed(t, "gzip", gz), packed(t, "gzip", gz), false, 1000, false},
		{"two headers", "gzip|gzip", packed(t, "gzip", gz), packed(t, "gzip", gz), false, 1000, false},
		{"layers that are not told", "gzip", packed(t, "gzip", gz), gz, false, 1000, false},
	} {
		h := http.Header{}
		if c.codings != "" {
			h["Content-Encoding"] = strings.Split(c.codings, "|")
		}
		got, truncated := unpack(h, []byte(c.body), c.cut, c.most)
		if c.name == "the beginning" { // how much of it depends on the compressor
			if len(got) < 1000 || !strings.HasPrefix(c.want, string(got)) || !truncated {
				t.Errorf("%s: %d bytes, truncated = %t", c.name, len(got), truncated)
			}
			continue
		}
		if string(got) != c.want || truncated != c.truncated {
			t.Errorf("%s: unpack = %.60q, %t, want %.60q, %t", c.name, got, truncated, c.want, c.truncated)
		}
	}
}

// A few bytes that stand for gigabytes cost what any answer may cost.
func TestBombs(t *testing.T) {
	bomb := strings.Repeat("\x00", 8<<20)
	gz := packed(t, "gzip", bomb)
	empty := strings.Repeat(packed(t, "gzip", ""), 8<<10) // members that hold nothing
	for name, c := range map[string]struct {
		answer string
		length int
	}{
		"gzip":          {answered("Content-Encoding: gzip", gz), defaultMaxBody},
		"deflate":       {answered("Content-Encoding: deflate", packed(t, "deflate", bomb)), defaultMaxBody},
		"raw deflate":   {answered("Content-Encoding: deflate", packed(t, "raw", bomb)), defaultMaxBody},
		"nested":        {answered("Content-Encoding: gzip, gzip", packed(t, "gzip", gz)), -1},
		"hidden":        {answered("Content-Encoding: gzip", packed(t, "gzip", gz)), -1},
		"br":            {answered("Content-Encoding: br", strings.Repeat("\x0b", 20_000)), defaultMaxBody},
		"empty members": {answered("Content-Encoding: gzip", empty), defaultMaxBody},
	} {
		t.Run(name, func(t *testing.T) {
			// The endpoint takes part in what is measured, so it allocates nothing but its connection.
			answer := []byte(c.answer)
			r := post(t, listen(t, func(n int, conn net.Conn) { respond(conn, answer, answer) }), "{}")
			client := newClient(t, Config{})
			const attempts = 20
			var before, after runtime.MemStats
			mustDo(t, client, r)
			runtime.ReadMemStats(&before)
			for range attempts {
				resp := mustDo(t, client, r)
				if len(resp.Body) > defaultMaxBody || c.length >= 0 && len(resp.Body) != c.length || c.length >= 0 && !resp.Truncated {
					t.Fatalf("%d bytes, Truncated = %t", len(resp.Body), resp.Truncated)
				}
			}
			runtime.ReadMemStats(&after)
			if each := (after.TotalAlloc - before.TotalAlloc) / attempts; each > 256<<10 {
				t.Errorf("%d KiB were allocated for each attempt, want at most 256", each>>10)
			}
		})
	}
}
