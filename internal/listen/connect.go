package listen

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"bellhop/internal/tunnel/wire"
)

// dialTime is how long a connection may take until the server has agreed to it.
const dialTime = 15 * time.Second

// busyError is an answer of the server that may change by asking again.
type busyError struct {
	status int
	after  time.Duration // that the server asks to wait; 0 if it does not
}

func (e *busyError) Error() string { return fmt.Sprintf("status %d", e.status) }

// connect opens the WebSocket. The pulse beats with each ping of the server. When the server may have given the
// connection up in the meantime, a ping is not answered: the connection has ended.
func (l *Listener) connect(ctx context.Context, token string) (*websocket.Conn, *pulse, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	target, err := url.Parse(strings.TrimSuffix(l.config.Server, "/") + "/v2/tunnels")
	if err != nil {
		return nil, nil, errors.New("the server's URL is not valid")
	}
	if l.config.Name != "" {
		target.RawQuery = url.Values{"name": {l.config.Name}}.Encode()
	}
	transport, err := l.transport(target)
	if err != nil {
		return nil, nil, err
	}
	p := newPulse(l.wall)
	conn, resp, err := websocket.Dial(ctx, target.String(), &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport: transport,
			// A token goes to nobody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		HTTPHeader:   http.Header{"Authorization": {"Bearer " + token}, "User-Agent": {"bellhop-listen"}},
		Subprotocols: []string{wire.Subprotocol},
		OnPingReceived: func(context.Context, []byte) bool {
			p.beat()
			return !p.stopped()
		},
	})
	if err != nil {
		return nil, nil, refusal(ctx, resp, err)
	}
	if conn.Subprotocol() != wire.Subprotocol {
		conn.CloseNow()
		return nil, nil, &RefusedError{Status: resp.StatusCode, Message: "the server has another kind of tunnel"}
	}
	conn.SetReadLimit(wire.MaxFrame)
	p.restart()
	return conn, p, nil
}

// refusal is the error of a connection that was not made.
func refusal(ctx context.Context, resp *http.Response, err error) error {
	if resp == nil || resp.StatusCode == http.StatusSwitchingProtocols {
		if proxy, ok := errors.AsType[*RefusedError](err); ok {
			return proxy
		}
		if busy, ok := errors.AsType[*busyError](err); ok {
			return busy
		}
		if ctx.Err() != nil {
			return errors.New("timeout")
		}
		return cause(err)
	}
	after, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	return refused(resp.StatusCode, messageOf(resp), time.Duration(after)*time.Second)
}

// refused sorts a status into those that stay, and those that pass.
func refused(status int, message string, after time.Duration) error {
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		return &busyError{status: status, after: max(0, after)}
	}
	return &RefusedError{Status: status, Message: message}
}

// messageOf returns error.message of an answer, else the name of its status.
func messageOf(resp *http.Response) string {
	var told struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1024))
	_ = json.Unmarshal(body, &told) // what cannot be read has no message
	return cmp.Or(told.Error.Message, http.StatusText(resp.StatusCode))
}

// cause is the error of the network alone: the library, and the URL, say nothing new.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
