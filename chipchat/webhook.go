package chipchat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

const (
	allowed = "GET, HEAD, OPTIONS, POST"
	// answerWithin leaves the server 5 of the 20 seconds after which it would deliver again.
	answerWithin = 15 * time.Second
	// maxErrorText bounds what of a handler's error is answered.
	maxErrorText = 1024
)

var (
	errSignature = errors.New("Invalid signature.") // text of docs/contract/sdk.md section 6
	errVerify    = errors.New("Invalid GET request")
	errJSON      = errors.New("Invalid JSON")
	errTooLarge  = errors.New("Request entity too large")
	errSlow      = errors.New("Request timeout")
	errMethod    = errors.New("Method not allowed")
)

// Handler returns the webhook for a server of the author's, at any path of any router (docs/contract/sdk.md section
// 6): of the path it only looks whether it ends in /ping.
//
//	GET      verification: 200 and the challenge, else 403
//	GET      <path>/ping: {"pong":"<ms>"}
//	HEAD     as GET, without a body
//	OPTIONS  204 and Allow
//	POST     a delivery
//	others   405 and Allow
//
// A delivery is answered
//
//	200  {"status":"ok"} when the handlers have returned, at the latest after 15 seconds, when they run on
//	400  {"error":...} if one of the handlers failed, or the payload is invalid
//	401  if there is a secret and the signature of the body is missing, malformed or wrong, see Verifier
//	408  if the body did not arrive in the time that the server gives it
//	413  if the body is larger than Options.MaxBody
//	425  if the signature is right, but its time is not near; the server comes back with another one
//	503  with Retry-After if too much is going on already, Options.Dedupe cannot tell, or a handler returned ErrTryAgain
//
// A handler that panics with [http.ErrAbortHandler] has the connection closed without an answer, so that the server
// delivers again.
func (b *Bot) Handler() http.Handler {
	b.warnUnproved()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch r.Method {
		case http.MethodGet:
			b.serveGet(w, r)
		case http.MethodHead:
			b.serveGet(headOnly{w}, r)
		case http.MethodPost:
			b.servePost(w, r)
		case http.MethodOptions:
			w.Header().Set("Allow", allowed)
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", allowed)
			replyError(w, http.StatusMethodNotAllowed, errMethod)
		}
	})
}

func (b *Bot) warnUnproved() {
	if !b.proving {
		b.log.Warn("bot has no webhook secret: signatures of deliveries are not checked")
	}
}

// headOnly answers without a body, in servers that do not see to it.
type headOnly struct{ http.ResponseWriter }

func (headOnly) Write(p []byte) (int, error) { return len(p), nil }

func (b *Bot) serveGet(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	challenge := query.Get("challenge")
	switch {
	case query.Get("type") == "subscribe" && challenge != "":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, challenge)
	case path.Base(r.URL.Path) == "ping":
		reply(w, http.StatusOK, map[string]string{"pong": strconv.FormatInt(time.Now().UnixMilli(), 10)})
	default:
		if r.Method == http.MethodGet { // monitors send HEAD
			b.report(r.Context(), errVerify)
		}
		replyError(w, http.StatusForbidden, errVerify)
	}
}

func (b *Bot) servePost(w http.ResponseWriter, r *http.Request) {
	e, status, err := b.readEvent(w, r)
	if err != nil {
		b.report(r.Context(), err)
		replyError(w, status, err)
		return
	}
	doing := b.accept(r.Context(), e)
	timer := time.NewTimer(answerWithin)
	defer timer.Stop()
	select {
	case <-doing.done:
		doing.reply(w)
	case <-timer.C:
		replyOK(w)
	}
}

// reply answers a delivery with what has become of it.
func (d *work) reply(w http.ResponseWriter) {
	switch {
	case d.err == nil:
		replyOK(w)
	case errors.Is(d.err, ErrTryAgain):
		w.Header().Set("Retry-After", backAfter)
		replyError(w, http.StatusServiceUnavailable, d.err)
	case errors.Is(d.err, http.ErrAbortHandler):
		panic(http.ErrAbortHandler) // net/http knows it, and closes the connection
	default:
		replyError(w, http.StatusBadRequest, d.err)
	}
}

// readEvent reads a delivery. Its bytes are authenticated before anything looks into them.
func (b *Bot) readEvent(w http.ResponseWriter, r *http.Request) (*Event, int, error) {
	body, status, err := b.readBody(w, r)
	if err != nil {
		return nil, status, err
	}
	if b.proving {
		switch err := b.verifier.Verify(r.Header, body); {
		case errors.Is(err, ErrSignatureTime):
			return nil, http.StatusTooEarly, fmt.Errorf("%w %w", errSignature, err)
		case err != nil:
			return nil, http.StatusUnauthorized, fmt.Errorf("%w %w", errSignature, err)
		}
	}
	e, err := parseEvent(body)
	if err != nil {
		return nil, http.StatusBadRequest, fmt.Errorf("%w: %w", errJSON, err)
	}
	if err := e.check(); err != nil {
		return nil, http.StatusBadRequest, err
	}
	return e, http.StatusOK, nil
}

// readBody reads at most what a delivery may have.
func (b *Bot) readBody(w http.ResponseWriter, r *http.Request) ([]byte, int, error) {
	if r.Body == nil { // of a request that no server has made
		return nil, http.StatusOK, nil
	}
	if r.ContentLength > b.options.MaxBody {
		return nil, http.StatusRequestEntityTooLarge, errTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, b.options.MaxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, http.StatusRequestEntityTooLarge, errTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, http.StatusRequestTimeout, errSlow // unlike 400 it is repeated
	}
	if err != nil {
		return nil, http.StatusBadRequest, fmt.Errorf("read delivery: %w", err)
	}
	return body, http.StatusOK, nil
}

func replyError(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"error": errorText(err)})
}

func errorText(err error) string {
	for _, brief := range []error{errSignature, errJSON} {
		if errors.Is(err, brief) {
			err = brief // why is for the author alone
		}
	}
	text := err.Error()
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "")
	}
	return text
}

func replyOK(w http.ResponseWriter) { reply(w, http.StatusOK, map[string]string{"status": "ok"}) }

func reply(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error means that nobody listens any more
}
