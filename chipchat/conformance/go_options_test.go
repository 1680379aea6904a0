package conformance

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"bellhop/chipchat"
)

// options are those of the scenario, as Go has them.
func (p *play) options() chipchat.Options {
	given := p.s.Options
	text := func(name string) string { v, _ := given[name].(string); return v }
	is := func(name string, value bool) bool { return given[name] == value }
	o := chipchat.Options{
		Token: text("token"), RefreshToken: text("refreshToken"), Email: text("email"),
		Secret: text("secret"), Webhook: text("webhook"), Host: "https://api.example.test",
		HTTPClient: &http.Client{Transport: p.fake}, Logger: slog.New(slog.DiscardHandler),
		KeepSelf: is("ignoreSelf", false), KeepBots: is("ignoreBots", false), KeepDisabled: is("preloadBots", false),
		IgnoreUnjoined: is("ignoreUnjoined", true), IgnoreOnActivity: is("ignoreOnActivity", true),
		OnlyFirstMatch: is("onlyFirstMatch", true), PreloadOrganizations: is("preloadOrganizations", true),
	}
	if pagination, ok := given["pagination"].(map[string]any); ok {
		paging := pagingOf(pagination)
		o.Pagination = &paging
	}
	if tokens, ok := given["tokens"].(map[string]any); ok {
		o.TokenStore = &tokenStore{p, tokens}
	}
	middleware, _ := given["middleware"].(map[string]any)
	for _, name := range names(middleware["receive"]) {
		o.Middleware.Receive = append(o.Middleware.Receive, p.receiveMiddleware(name))
	}
	for _, name := range names(middleware["send"]) {
		o.Middleware.Send = append(o.Middleware.Send, p.sendMiddleware(name))
	}
	return o.WithEnvironment(func(name string) string { return p.s.Env[name] })
}

func pagingOf(given map[string]any) chipchat.Paging {
	number := func(name string) int { v, _ := given[name].(float64); return int(v) }
	return chipchat.Paging{
		Limit: number("limit"), CountLimit: number("countLimit"), RequestLimit: number("requestLimit"),
		Backoff: time.Duration(number("backoff")) * time.Millisecond,
	}
}

// names is a name or a list of them.
func names(v any) (all []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, name := range v {
			all = append(all, name.(string))
		}
	}
	return all
}

// tokenStore always holds the same tokens, and notes what it is told.
type tokenStore struct {
	p      *play
	tokens map[string]any
}

func (s *tokenStore) Tokens(context.Context) (tokens chipchat.Tokens, err error) {
	return tokens, json.Unmarshal([]byte(encode(s.tokens)), &tokens)
}

func (s *tokenStore) SetTokens(_ context.Context, tokens chipchat.Tokens) error {
	s.p.note("stored %s %s", tokens.Token, tokens.RefreshToken)
	return nil
}
