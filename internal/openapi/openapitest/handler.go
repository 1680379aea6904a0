package openapitest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// Handler serves what next does, and tells report what of an exchange is not as the document
// says. Report may be called by several goroutines at once, also when the client is gone.
func (c *Checker) Handler(next http.Handler, report func(error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &Exchange{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header.Clone()}
		sent := new(bytes.Buffer)
		if r.Body != nil {
			r.Body = &copied{r.Body, sent}
		}
		seen := &recorder{ResponseWriter: w, x: x}
		next.ServeHTTP(seen, r)
		if x.Status == 0 {
			seen.WriteHeader(http.StatusOK)
		}
		x.Body = sent.Bytes()
		if r.Context().Err() != nil && x.Status == http.StatusOK || x.Status == statusGone {
			return // the client is gone, and so may be a part of the answer
		}
		if err := c.Check(x); err != nil {
			report(err)
		}
	})
}

// Proxy is a Handler of what a server at another address does. When that breaks off, so does the
// proxy.
func (c *Checker) Proxy(server *url.URL, report func(error)) http.Handler {
	proxy := httputil.NewSingleHostReverseProxy(server)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) {
		panic(http.ErrAbortHandler) // the server was killed: its clients see that, and no answer of ours
	}
	return c.Handler(proxy, report)
}

// statusGone is the answer to a client who is not there any more.
const statusGone = 499

// copied is a body that is kept as far as it is read.
type copied struct {
	io.ReadCloser
	kept *bytes.Buffer
}

func (c *copied) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.kept.Write(b[:n])
	return n, err
}

// recorder keeps what is answered.
type recorder struct {
	http.ResponseWriter
	x *Exchange
}

func (w *recorder) WriteHeader(status int) {
	if w.x.Status == 0 && status >= 200 {
		w.x.Status, w.x.AnswerHeader = status, w.Header().Clone()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.x.Status == 0 {
		w.x.Status, w.x.AnswerHeader = http.StatusOK, w.Header().Clone()
	}
	w.x.AnswerBody = append(w.x.AnswerBody, b...)
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what is underneath.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
