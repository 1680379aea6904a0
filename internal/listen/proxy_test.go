package listen

import (
	"io"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"

	"bellhop/internal/tunnel/wire"
)

// withProxy puts an HTTP proxy into the world that wants a password.
func withProxy(t *testing.T, w *world, login string) (asked *[]string) {
	asked = new([]string)
	w.http(proxyHost, func(rw http.ResponseWriter, r *http.Request) {
		w.note(func() { *asked = append(*asked, r.Method+" "+r.Host) })
		if r.Header.Get("Proxy-Authorization") != "Basic YWRhOnMzOmNyZXQ=" { // ada:s3:cret
			rw.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		there, err := w.pipes[r.Host].dial(r.Context())
		if err != nil {
			t.Error(err)
			return
		}
		rw.WriteHeader(http.StatusOK)
		here, buffered, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			io.Copy(there, buffered) // the server may have read ahead
			there.Close()
		}()
		io.Copy(here, there)
		here.Close()
		<-done
	})
	w.listener.config.Proxy = func(u *url.URL) (*url.URL, error) {
		return url.Parse("http://" + login + "@" + proxyHost)
	}
	return asked
}

func TestProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, echo)
		asked := withProxy(t, w, "ada:s3%3Acret")
		w.start()
		p := w.peer()
		p.send(delivery(1, "d", 1, "jenny"))
		if _, ok := p.expect().(wire.Response); !ok {
			t.Error("there is no answer through the proxy")
		}
		w.end()
		if len(*asked) != 1 || (*asked)[0] != "CONNECT "+serverHost {
			t.Errorf("the proxy was asked for %v", *asked)
		}
		if w.dials[0] != proxyHost || w.dials[1] != localHost || len(w.dials) != 2 {
			t.Errorf("dialled %v, want the proxy, and the local process without it", w.dials)
		}
	})
}

func TestProxyThatRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, echo)
		withProxy(t, w, "ada:wrong")
		w.start()
		if err := <-w.ended; err == nil || err.Error() != "status 407: the proxy refused the connection: Proxy Authentication Required" {
			t.Errorf("Run returned %v", err)
		}
	})
}
