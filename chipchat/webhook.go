package chipchat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody = 1 << 20 // a delivery stays below 100 KiB
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
	errMethod    = errors.New("Method not allowed")
)

// Handler returns the webhook for a server of the author's, at any path (docs/contract/sdk.md section 6). It
// answers verification requests, GET <path>/ping with {"pong":"<ms>"}, and deliveries: 200 {"status":"ok"} when the
// handlers have returned, at the latest after 15 seconds, when they run on; 400 {"error":...} if one of them failed
// or the payload is invalid; 401 if there is a secret and the signature of the body is missing or wrong; 413 if the
// body is larger than 1 MiB.
func (b *Bot) Handler() http.Handler {
	if b.options.Secret == "" {
		b.log.Warn("bot has no webhook secret: signatures of deliveries are not checked")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch r.Method {
		case http.MethodGet:
			b.serveGet(w, r)
		case http.MethodPost:
			b.servePost(w, r)
		default:
			w.Header().Set("Allow", "GET, POST")
			replyError(w, http.StatusMethodNotAllowed, errMethod)
		}
	})
}

func (b *Bot) serveGet(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	challenge := query.Get("challenge")
	switch {
	case query.Get("type") == "subscribe" && challenge != "":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, challenge)
	case strings.HasSuffix(r.URL.Path, "/ping"):
		reply(w, http.StatusOK, map[string]string{"pong": strconv.FormatInt(time.Now().UnixMilli(), 10)})
	default:
		b.report(r.Context(), errVerify)
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
	done := b.begin(r.Context(), e)
	timer := time.NewTimer(answerWithin)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			replyError(w, http.StatusBadRequest, err)
			return
		}
	case <-timer.C:
	}
	reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readEvent reads a delivery. Its bytes are authenticated before anything looks into them.
func (b *Bot) readEvent(w http.ResponseWriter, r *http.Request) (*Event, int, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, http.StatusRequestEntityTooLarge, errTooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest, fmt.Errorf("read delivery: %w", err)
	}
	if b.options.Secret != "" && !Verify(b.options.Secret, body, r.Header.Get("X-Hub-Signature")) {
		return nil, http.StatusUnauthorized, errSignature
	}
	e, err := parseEvent(body)
	if err != nil {
		return nil, http.StatusBadRequest, errJSON
	}
	if err := e.check(); err != nil {
		return nil, http.StatusBadRequest, err
	}
	return e, http.StatusOK, nil
}

func replyError(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"error": errorText(err)})
}

func errorText(err error) string {
	text := err.Error()
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "")
	}
	return text
}

func reply(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error means that nobody listens any more
}
