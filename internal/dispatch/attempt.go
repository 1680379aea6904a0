package dispatch

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/event"
)

const (
	// messageAnswer and otherAnswer are how much of an answer is read
	// (docs/contract/delivery.md section 5).
	messageAnswer = 1 << 20
	otherAnswer   = 16 << 10

	// keptBody is how much of an answer the record keeps (docs/contract/extensions.md
	// section 2).
	keptBody = 16 << 10
)

// deliver takes j through one attempt.
func (l *lane) deliver(ctx context.Context, j *job) {
	target, err := l.d.config.Target(ctx, l.id)
	switch {
	case errors.Is(err, ErrGone):
		l.dropAll()
		return
	case err != nil:
		l.putBack(ctx, j, err)
		return
	case !target.Active:
		l.parkUntilActive(ctx, j)
		return
	}
	l.adopt(target)
	if l.withdrawn(ctx, j) {
		return
	}
	now := l.d.now()
	if now > j.Delivery.Ends {
		l.expire(ctx, j.Delivery, j.Event)
		return
	}
	if target.Away {
		l.hold(ctx, j, target.Tunnel)
		return
	}
	l.attempt(ctx, j, target, now)
}

func (l *lane) attempt(ctx context.Context, j *job, target *Target, now bellhop.Time) {
	if l.maySend() != nil {
		l.waitUntilSure(j)
		return
	}
	l.begins(j)
	request := l.request(j, target, now)
	if target.Tunnel != "" {
		l.queueUp(j)
		request.Begun = func() { l.hasTurn(j) }
	}
	end := j.begin(ctx, &l.d.config, request)
	response, err := l.d.config.Egress.Do(ctx, request)
	if err != nil && ctx.Err() != nil {
		end(nil)
		return // the server ends; the delivery stays pending and is sent again
	}
	if errors.Is(err, errNotSure) {
		end(nil)
		l.waitUntilSure(j)
		return
	}
	if errors.Is(err, egress.ErrNoSocket) {
		end(nil)
		l.putBack(ctx, j, err) // our fault, not the endpoint's: it costs no attempt
		return
	}
	l.passed(l.d.troubles.attempt)
	if errors.Is(err, egress.ErrAway) {
		end(nil)
		l.hold(ctx, j, target.Tunnel) // whether it arrived, nobody knows: it costs no attempt
		return
	}
	a := record(j, request, target, response, err, now)
	end(a)
	l.conclude(ctx, j, target, a, response, isTimeout(err))
}

var errNotSure = errors.New("this node is not sure any more that it may deliver this")

// maySend returns nil as long as this node may send what the lane has. It is asked before an attempt begins,
// and again right before the request leaves: to connect may take longer than others wait, and a process that
// was stopped in between may have been taken for dead.
func (l *lane) maySend() error {
	if sure := l.d.config.Sure; l.share.lost.Load() || sure != nil && !sure() {
		return errNotSure
	}
	return nil
}

// isTimeout reports whether an attempt ended because its time was over.
func isTimeout(err error) bool {
	e, ok := errors.AsType[*egress.Error](err)
	return ok && e.Timeout()
}

// request builds the POST of docs/contract/delivery.md section 2.
func (l *lane) request(j *job, target *Target, now bellhop.Time) *egress.Request {
	payload := event.Payload{Bytes: j.Event.Payload, InstanceAt: j.Event.InstanceAt}
	id := j.Delivery.ID.String()
	body := payload.AppendBody(make([]byte, 0, len(payload.Bytes)+len(j.Delivery.Instance)+64), id, j.Delivery.Instance)
	limit := int64(otherAnswer)
	if strings.HasPrefix(j.Event.Name, "message.create.") {
		limit = messageAnswer
	}
	header := http.Header(event.Header(id, j.Delivery.Attempts+1, j.Event.ID.String()))
	target.Signer.AddTo(header, id, now, body)
	for name, value := range target.Headers {
		header.Set(name, value)
	}
	order := ""
	if !target.Unordered && j.Delivery.Attempts == 0 {
		order = string(l.id.Lane) + " " + j.Event.Key
	}
	return &egress.Request{
		Owner: string(l.id.Service), Order: order, Method: http.MethodPost, URL: target.URL, Header: header, Body: body,
		Timeout: target.Timeout, MaxBody: limit, MayLeave: l.maySend,
	}
}

// record makes the record of an attempt. Nothing secret is in it.
func record(j *job, request *egress.Request, target *Target, response *egress.Response, err error, at bellhop.Time) *bellhop.Attempt {
	a := &bellhop.Attempt{
		Number: j.Delivery.Attempts + 1, At: at,
		URL: egress.RedactURL(request.URL), RequestHeaders: bellhop.Headers(egress.RecordRequest(request, target.Headers)),
	}
	if err != nil {
		a.Error = "internal error"
		if e, ok := errors.AsType[*egress.Error](err); ok {
			a.Error, a.Timing = e.Reason, bellhop.Timing(e.Timing)
		}
		return a
	}
	a.Status, a.Timing = response.Status, bellhop.Timing(response.Timing)
	a.ResponseHeaders = bellhop.Headers(egress.RecordHeaders(response.Header, nil))
	a.Truncated = response.Truncated || len(response.Body) > keptBody
	// A copy, since the record must not keep the whole answer in memory.
	a.ResponseBody = bytes.Clone(event.RedactToken(response.Body[:min(len(response.Body), keptBody)]))
	if judge(response.Status) != delivered {
		a.Error = "status " + strconv.Itoa(response.Status)
	}
	return a
}
