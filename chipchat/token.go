package chipchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
)

// ErrNoToken is the failure of requests of a bot that has no access token.
var ErrNoToken = errors.New("token should be specified")

// Tokens are an access token and what renews it. They print as "[tokens]", so that no log gets to know them.
type Tokens struct {
	Token        string `json:"token"`
	RefreshToken string `json:"refreshToken"`
}

// String hides the tokens.
func (Tokens) String() string { return "[tokens]" }

// GoString hides the tokens.
func (Tokens) GoString() string { return "[tokens]" }

// LogValue hides the tokens.
func (Tokens) LogValue() slog.Value { return slog.StringValue("[tokens]") }

// TokenStore keeps tokens outside of the process. Tokens is asked when the bot has no token, and before a
// refresh, because another process of the same bot may have renewed already; zero Tokens mean there are none.
// SetTokens is told of each renewal; its failure is reported, and the new token used all the same. Calls never
// overlap, and may not use the bot, which waits for them.
type TokenStore interface {
	Tokens(ctx context.Context) (Tokens, error)
	SetTokens(ctx context.Context, tokens Tokens) error
}

// session is what the bot is logged in with.
type session struct {
	store TokenStore
	email string

	mu       sync.Mutex
	tokens   Tokens
	auth     Auth
	renewing *renewal // nil: nobody is at it
}

// renewal is one attempt to get other tokens, shared by all requests that wait for it.
type renewal struct {
	done      chan struct{} // closed by the one who made it; then the others may be read
	err       error
	abandoned bool // the context of the one who made it ended

	complaints []error // of the store; reported when the others are free to go on
	refreshed  bool    // the server gave a new token
}

func newSession(o Options) (*session, error) {
	auth, err := identify(o.Token, o.Email)
	s := &session{
		store: contained(o.TokenStore), email: o.Email, auth: auth,
		tokens: Tokens{Token: o.Token, RefreshToken: o.RefreshToken},
	}
	if auth.GrantType == "refresh_token" {
		return nil, errRefreshAsToken
	}
	if err != nil {
		o.Logger.Warn("access token cannot be read", "err", err)
	}
	return s, nil
}

func (s *session) current() (Tokens, Auth) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens, s.auth
}

// adopt makes tokens the current ones; an absent refresh token leaves the old one in place (auth.md).
func (s *session) adopt(tokens Tokens, answered Auth) error {
	auth, err := identify(tokens.Token, s.email)
	if auth.GrantType == "refresh_token" {
		return errRefreshAsToken
	}
	if err != nil { // unreadable, but the server has just told whose it is
		auth = answered
		auth.Email = s.email
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens.Token = tokens.Token
	if tokens.RefreshToken != "" {
		s.tokens.RefreshToken = tokens.RefreshToken
	}
	s.auth = auth
	return nil
}

// token returns the access token to send, from the store if the bot was made without.
func (a *api) token(ctx context.Context) (string, error) {
	tokens, _ := a.session.current()
	if tokens.Token != "" {
		return tokens.Token, nil
	}
	if a.session.store == nil {
		return "", ErrNoToken
	}
	if err := a.renew(ctx, "", a.load); err != nil {
		return "", err
	}
	tokens, _ = a.session.current()
	return tokens.Token, nil
}

// load takes the first token from the store.
func (a *api) load(ctx context.Context, _ *renewal) error {
	stored, err := a.session.store.Tokens(ctx)
	if err != nil {
		return fmt.Errorf("ask token store: %w", err)
	}
	if stored.Token == "" {
		return ErrNoToken
	}
	_, auth := a.session.current()
	return a.session.adopt(stored, auth)
}

// renew runs get, unless the token refused is not the current one any more. Whoever comes while another is at it
// shares his outcome. If that other gave up because his own context ended, the next one takes over.
func (a *api) renew(ctx context.Context, refused string, get func(context.Context, *renewal) error) error {
	s := a.session
	for {
		s.mu.Lock()
		if s.tokens.Token != refused {
			s.mu.Unlock()
			return nil
		}
		r := s.renewing
		if r == nil {
			r = &renewal{done: make(chan struct{}), err: errors.New("token store panicked")}
			s.renewing = r
			s.mu.Unlock()
			return a.lead(ctx, r, get)
		}
		s.mu.Unlock()
		select {
		case <-r.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !r.abandoned {
			return r.err
		}
	}
}

// lead makes the renewal r, and tells of it when nobody waits for it any more: listeners may use the bot.
func (a *api) lead(ctx context.Context, r *renewal, get func(context.Context, *renewal) error) error {
	a.settle(ctx, r, get)
	for _, err := range r.complaints {
		a.report(ctx, err)
	}
	if r.refreshed {
		a.refreshed(ctx)
	}
	return r.err
}

// settle lets the others go even if the store's code panics.
func (a *api) settle(ctx context.Context, r *renewal, get func(context.Context, *renewal) error) {
	defer func() {
		a.session.mu.Lock()
		a.session.renewing = nil
		a.session.mu.Unlock()
		close(r.done)
	}()
	r.err = get(ctx, r)
	r.abandoned = r.err != nil && ctx.Err() != nil
}

// refresh gets another token in the order of auth.md: the store's, if that is a different one, else one that the
// server gives for the refresh token.
func (a *api) refresh(ctx context.Context, r *renewal) error {
	tokens, auth := a.session.current()
	if store := a.session.store; store != nil {
		stored, err := store.Tokens(ctx)
		if err != nil {
			r.complaints = append(r.complaints, fmt.Errorf("ask token store: %w", err))
		} else if stored.Token != "" && stored.Token != tokens.Token {
			return a.session.adopt(stored, auth)
		} else if tokens.RefreshToken == "" {
			tokens.RefreshToken = stored.RefreshToken
		}
	}
	if tokens.RefreshToken == "" || !refreshableScope.MatchString(auth.Scope) {
		return errors.New("token cannot be refreshed")
	}
	return a.exchange(ctx, r, tokens.RefreshToken)
}

// exchange trades the refresh token for a new access token. The request is sent once and never through the 401
// handling, so that an answer to it can't cause another one (auth.md "Recursion rule").
func (a *api) exchange(ctx context.Context, r *renewal, refreshToken string) error {
	body, err := json.Marshal(struct {
		ClientID     string `json:"clientId,omitempty"`
		RefreshToken string `json:"refreshToken"`
	}{a.session.email, refreshToken})
	if err != nil {
		return fmt.Errorf("encode refresh request: %w", err)
	}
	ans, err := a.once(ctx, call{method: http.MethodPost, path: "auth/token", body: body}, "")
	if err != nil {
		return fmt.Errorf("refresh token: %w", err)
	}
	var got struct {
		Tokens
		User         ID     `json:"user"`
		Organization ID     `json:"organization"`
		Scope        string `json:"scope"`
	}
	if err := decode(ans.body, &got); err != nil || got.Token == "" {
		return errors.New("refresh token: answer has no token")
	}
	answered := Auth{User: got.User, Organization: got.Organization, Scope: got.Scope}
	if err := a.session.adopt(got.Tokens, answered); err != nil {
		return fmt.Errorf("refresh token: %w", err)
	}
	r.refreshed = true
	if store := a.session.store; store != nil {
		renewed, _ := a.session.current()
		if err := store.SetTokens(ctx, renewed); err != nil {
			r.complaints = append(r.complaints, fmt.Errorf("keep refreshed token: %w", err))
		}
	}
	return nil
}
