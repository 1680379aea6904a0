package chipchat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

const (
	userAgent = "chipchat/1.0.0"

	// maxAnswer bounds the memory that one answer may take; 1000 large conversations stay below it.
	maxAnswer = 64 << 20

	defaultRetries = 5
	// longestWait is the longest Retry-After that is waited out; a server that asks for more is better
	// answered by the author, who sees it in Error.RetryAfter.
	longestWait = 5 * time.Minute
)

var (
	errAnswerTooLarge = errors.New("answer is larger than 64 MiB")

	// staleToken are the messages of a 401 that a refresh may cure (auth.md "Verifying an access token").
	staleToken = regexp.MustCompile(`(?i)jwt expired|invalid signature|invalid token`)
)

// api sends requests to the server.
type api struct {
	host      string
	http      *http.Client
	session   *session
	retries   int                                  // of a request that is repeatable; negative: none
	report    func(ctx context.Context, err error) // of what nobody awaits
	refreshed func(ctx context.Context)            // after a refresh
}

// call is a request, in a form that can be sent again.
type call struct {
	method string
	path   string // below /v2/, escaped
	query  string // encoded, without question mark
	body   []byte // JSON, nil for none
}

type answer struct {
	header http.Header
	body   []byte
}

// do sends the call, refreshes the token once if that is what is wrong, and decodes the answer into out unless
// that is nil.
func (a *api) do(ctx context.Context, c call, out any) (http.Header, error) {
	ans, err := a.authorized(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	if out != nil && len(ans.body) > 0 {
		if err := decode(ans.body, out); err != nil {
			return nil, fmt.Errorf("%s %s: decode answer: %w", c.method, c.path, err)
		}
	}
	return ans.header, nil
}

func (a *api) authorized(ctx context.Context, c call) (*answer, error) {
	token, err := a.token(ctx)
	if err != nil {
		return nil, err
	}
	ans, err := a.persistent(ctx, c, token)
	if !stale(err) {
		return ans, err
	}
	if failed := a.renew(ctx, token, a.refresh); failed != nil {
		a.report(ctx, fmt.Errorf("renew token: %w", failed))
		return nil, err
	}
	tokens, _ := a.session.current()
	return a.persistent(ctx, c, tokens.Token)
}

func stale(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.StatusCode == http.StatusUnauthorized && staleToken.MatchString(e.Message)
}

// persistent sends the call, again and again while sdk.md section 2 says so.
func (a *api) persistent(ctx context.Context, c call, token string) (*answer, error) {
	for n := 0; ; n++ {
		ans, err := a.once(ctx, c, token)
		if err == nil || n >= a.retries || !c.repeatable() || !passing(err) || ctx.Err() != nil {
			return ans, err
		}
		wait := time.Second << n
		if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > 0 {
			wait = e.RetryAfter
		}
		if deadline, ok := ctx.Deadline(); wait > longestWait || ok && time.Until(deadline) < wait {
			return nil, err
		}
		if pause(ctx, wait) != nil {
			return nil, err
		}
	}
}

func (c call) repeatable() bool {
	return c.method == http.MethodGet || c.method == http.MethodPut || c.method == http.MethodDelete
}

// passing reports whether the same request may succeed later.
func passing(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return !errors.Is(err, errAnswerTooLarge)
	}
	switch e.StatusCode {
	case 408, 413, 429, 500, 502, 503, 504, 521, 522, 524:
		return true
	}
	return false
}

// pause waits; its error is that of the context.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once sends the call a single time. An error is an *Error if the server answered.
func (a *api) once(ctx context.Context, c call, token string) (*answer, error) {
	target := a.host + "/v2/" + c.path
	if c.query != "" {
		target += "?" + c.query
	}
	req, err := http.NewRequestWithContext(ctx, c.method, target, bytes.NewReader(c.body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", plain(err))
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := a.http.Do(req)
	if err != nil {
		return nil, plain(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if len(body) > maxAnswer {
		return nil, errAnswerTooLarge
	}
	if err := failure(res.StatusCode, res.Header, body); err != nil {
		return nil, err
	}
	return &answer{header: res.Header, body: body}, nil
}

// plain removes the URL from an error of the HTTP client: its query may hold what belongs in no log, such as
// telephone numbers.
func plain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
