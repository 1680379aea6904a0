package listen

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// transport reaches the server, through its proxy if there is one. An HTTP proxy is asked to CONNECT also where the server
// speaks plain HTTP: few proxies pass a WebSocket on in another way.
func (l *Listener) transport(server *url.URL) (*http.Transport, error) {
	t := &http.Transport{DialContext: l.dialer, DisableKeepAlives: true}
	if l.config.Proxy == nil {
		return t, nil
	}
	proxy, err := l.config.Proxy(server)
	switch {
	case err != nil:
		return nil, &RefusedError{Status: http.StatusProxyAuthRequired, Message: "the proxy's URL is not valid"}
	case proxy == nil:
	case proxy.Scheme == "http" || proxy.Scheme == "https":
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return l.tunnelled(ctx, proxy, network, address)
		}
	default:
		t.Proxy = http.ProxyURL(proxy) // SOCKS5
	}
	return t, nil
}

// tunnelled returns a connection to an address that a proxy has made.
func (l *Listener) tunnelled(ctx context.Context, proxy *url.URL, network, address string) (net.Conn, error) {
	conn, err := l.dialer(ctx, network, hostPort(proxy))
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if proxy.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{ServerName: proxy.Hostname()})
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }) // ends what waits
	c, err := ask(conn, proxy, address)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// ask has the proxy connect to an address.
func ask(conn net.Conn, proxy *url.URL, address string) (net.Conn, error) {
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: make(http.Header)}
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		login := base64.StdEncoding.EncodeToString([]byte(proxy.User.Username() + ":" + password))
		req.Header.Set("Proxy-Authorization", "Basic "+login)
	}
	if err := req.Write(conn); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, req)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refused(resp.StatusCode, "the proxy refused the connection: "+http.StatusText(resp.StatusCode), 0)
	}
	if r.Buffered() > 0 {
		return nil, errors.New("proxy: it spoke before the server was asked anything")
	}
	return conn, nil
}

func hostPort(u *url.URL) string {
	if port := u.Port(); port != "" {
		return net.JoinHostPort(u.Hostname(), port)
	}
	if u.Scheme == "https" {
		return net.JoinHostPort(u.Hostname(), "443")
	}
	return net.JoinHostPort(u.Hostname(), "80")
}
