package egress

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
)

// unpack decompresses a body that came compressed although nobody asked for it, as some frameworks
// send it to everyone. cut says that body is the beginning of a longer one. The result has at most most
// bytes, truncated if there are more: what few bytes can swell to is not for their sender to say.
//
// One layer of gzip or deflate is taken off. Other codings, several of them, and what is not what its
// header says are left as they came (docs/contract/delivery.md section 5).
func unpack(h http.Header, body []byte, cut bool, most int64) (out []byte, truncated bool) {
	codings := h["Content-Encoding"]
	if len(codings) != 1 || len(body) == 0 {
		return body, cut
	}
	r, err := unpacker(codings[0], body)
	if err != nil {
		return body, cut
	}
	var plain bytes.Buffer
	n, err := io.Copy(&plain, io.LimitReader(r, most+1))
	switch {
	case n > most:
		return plain.Bytes()[:most], true
	case err != nil && !(cut && n > 0):
		return body, cut
	}
	return plain.Bytes(), cut
}

func unpacker(coding string, body []byte) (io.Reader, error) {
	r := bytes.NewReader(body)
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "gzip", "x-gzip":
		return gzip.NewReader(r)
	case "deflate":
		if isZlib(body) {
			return zlib.NewReader(r)
		}
		return flate.NewReader(r), nil // what many take deflate for
	}
	return nil, http.ErrNotSupported
}

// isZlib looks for the two bytes that deflate should begin with.
func isZlib(b []byte) bool {
	return len(b) >= 2 && b[0]&0x0f == 8 && (int(b[0])<<8|int(b[1]))%31 == 0
}
