package chipchat

import (
	"io"
	"net/http"
	"strings"
)

// RouterOptions say where and how [Bot.Router] answers.
type RouterOptions struct {
	Prefix string // path of the webhook; a missing leading "/" is added. Default Options.Webhook
	CORS   bool   // let pages of all origins ask
	AtOnce bool   // answer deliveries with 200 before their handlers run, whatever becomes of them
}

// Router returns the webhook with the routes of docs/contract/sdk.md section 6: GET and POST of the prefix, and GET of
// ping below it, each also with a slash at its end. All other paths are 404. Where a mux already knows the paths,
// [Bot.Handler] is enough.
func (b *Bot) Router(o RouterOptions) http.Handler {
	if o.Prefix == "" {
		o.Prefix = b.options.Webhook
	}
	prefix := strings.TrimRight(leadingSlash(o.Prefix), "/")
	ping := prefix + "/ping"
	handler := b.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.CORS {
			w.Header().Set("Access-Control-Allow-Origin", "*")
		}
		switch path := strings.TrimRight(r.URL.Path, "/"); {
		case path != prefix && path != ping:
			replyError(w, http.StatusNotFound, errNotFound)
		case r.Method == http.MethodOptions && o.CORS:
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
			w.Header().Set("Access-Control-Allow-Headers", "Content-Type, X-Hub-Signature, X-Hub-Signature-256, "+
				"Webhook-Id, Webhook-Timestamp, Webhook-Signature")
			handler.ServeHTTP(w, r)
		case r.Method == http.MethodPost && o.AtOnce:
			if status, err := b.takeAtOnce(w, r); err != nil {
				replyError(w, status, err)
			}
		default:
			handler.ServeHTTP(w, r)
		}
	})
}

// HTTPMiddleware returns a handler for any path (docs/contract/sdk.md section 6). It answers each GET with the value of
// the parameter challenge, other requests to /_status with {"status":"ok"}, and deliveries with the same before their
// handlers run; what is wrong with a delivery is answered with {"status":"not ok","error":...}, and the status that
// Handler has for it.
func (b *Bot) HTTPMiddleware() http.Handler {
	b.warnUnproved()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch {
		case r.Method == http.MethodGet:
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
		case r.URL.Path == "/_status":
			replyOK(w)
		default:
			if status, err := b.takeAtOnce(w, r); err != nil {
				reply(w, status, map[string]string{"status": "not ok", "error": errorText(err)})
			}
		}
	})
}

// takeAtOnce answers a delivery before its handlers run; one that is wrong it leaves to the caller to answer.
func (b *Bot) takeAtOnce(w http.ResponseWriter, r *http.Request) (int, error) {
	e, status, err := b.readEvent(w, r)
	if err != nil {
		b.report(r.Context(), err)
		return status, err
	}
	doing := b.accept(r.Context(), e)
	<-doing.taken
	if doing.refused != nil {
		w.Header().Set("Retry-After", backAfter)
		return http.StatusServiceUnavailable, doing.refused
	}
	replyOK(w)
	return http.StatusOK, nil
}
