package egress

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// attempt is one call of Do that has a seat.
type attempt struct {
	client   *Client
	request  *Request
	to       target
	seat     seat
	start    time.Time
	deadline time.Time
	timing   Timing
}

// unheard marks an error that came before the first byte of the answer.
type unheard struct{ error }

func (e unheard) Unwrap() error { return e.error }

// heldBack marks the error of Request.MayLeave.
type heldBack struct{ error }

func (e heldBack) Unwrap() error { return e.error }

// run makes the exchange, on an idle connection if the seat has one. If that turns out to be broken,
// the endpoint most likely closed it while the request was on its way and never saw it; so the request
// is sent once more, over a connection that can't have that fault. It is a POST, but deliveries are
// at least once anyway (docs/contract/delivery.md section 7).
func (a *attempt) run(ctx context.Context) (*Response, error) {
	if a.seat.conn != nil {
		resp, err := a.exchange(ctx)
		if err == nil {
			resp.Reused = true
			return resp, nil
		}
		if _, silent := errors.AsType[unheard](err); !silent || isTimeout(err) || ctx.Err() != nil {
			return nil, err
		}
		a.seat.conn.close()
		a.seat.conn = nil
	}
	if err := a.dial(ctx); err != nil {
		return nil, err
	}
	return a.exchange(ctx)
}

// exchange sends the request and reads the answer within the deadline and until ctx ends.
func (a *attempt) exchange(ctx context.Context) (*Response, error) {
	c := a.seat.conn
	if err := c.socket.SetDeadline(a.deadline); err != nil {
		c.spent = true
		return nil, unheard{err}
	}
	stop := context.AfterFunc(ctx, c.interrupt)
	resp, err := a.converse(c)
	if !stop() || err != nil {
		c.spent = true // interrupt may still be about to run
	}
	return resp, err
}

func (a *attempt) converse(c *conn) (*Response, error) {
	writeErr := a.send(c)
	if writeErr != nil {
		if _, held := errors.AsType[heldBack](writeErr); held {
			return nil, writeErr
		}
		c.spent = true
		if isTimeout(writeErr) {
			return nil, unheard{writeErr}
		}
		// The endpoint may have answered and closed without reading everything: the answer counts.
	}
	sent := time.Now()
	if err := c.awaitAnswer(); err != nil {
		if writeErr != nil {
			err = writeErr
		}
		return nil, unheard{err}
	}
	a.timing.FirstByte = time.Since(sent)
	return a.readAnswer(c)
}

func (a *attempt) send(c *conn) error {
	b := buffers.Get().(*[]byte)
	defer putBuffer(b)
	*b = a.request.appendTo((*b)[:0])
	if err := a.request.mayLeave(); err != nil {
		return heldBack{err}
	}
	return c.send(*b)
}

func (a *attempt) readAnswer(c *conn) (*Response, error) {
	most := a.request.maxBody()
	head, err := c.readHead(most)
	if err != nil {
		return nil, err
	}
	rest := newBody(c.r, &head, a.request.method())
	body, truncated, err := rest.read(most)
	if err != nil {
		return nil, c.why()
	}
	ended := !truncated || !head.close && rest.drain(c, a.deadline)
	if !ended || head.close || rest.endsWithConnection() || head.status == http.StatusSwitchingProtocols || !c.isDry() {
		c.spent = true
	}
	body, truncated = unpack(head.header, body, truncated, most)
	return &Response{Status: head.status, Header: head.header, Body: body, Truncated: truncated}, nil
}
