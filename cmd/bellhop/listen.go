package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/sync/errgroup"

	"bellhop/chipchat"
	"bellhop/internal/listen"
	"bellhop/internal/tunnel/wire"
)

// listening is what the flags of listen say.
type listening struct {
	connection
	name   string
	target *url.URL
	path   string // of the webhook, below the tunnel's URL

	events       list
	organization string
	bot          string
	secret       bool // is shown

	filter  list
	verbose bool
	output
}

const listenAbout = `Hands what comes to a URL of the server to a process on this machine, a bot that you are writing say, and
sends back what that answers. PORT-or-URL is where it listens: 3000, localhost:3000/bot, http://192.0.2.7.

With --events a webhook on that URL is made, or changed if there is one. When the connection is lost, the machine
sleeps or the server is started anew, deliveries wait, and come in their order afterwards.

On a terminal, r replays the last delivery, p pauses and goes on, f shows failures only, ? helps and q quits.`

// listenTo holds a tunnel open until it is interrupted.
func listenTo(ctx context.Context, args []string, env environment) error {
	l, err := parseListen(args, env)
	if err != nil {
		return err
	}
	login, err := l.login(env)
	if err != nil {
		return err
	}
	bot, err := login.client()
	if err != nil {
		return err
	}
	return l.run(ctx, env, login.host, bot)
}

func parseListen(args []string, env environment) (*listening, error) {
	var l listening
	fs := env.flagSet("listen", "PORT-or-URL", listenAbout)
	l.connection.flags(fs)
	fs.StringVar(&l.name, "name", wire.DefaultName, "`name` of the tunnel: a-z, 0-9 and -; each name has a URL of its own, which stays")
	fs.Var(&l.events, "events", "`PATTERN,...` of the events for a webhook on the tunnel; ** is all of them")
	fs.StringVar(&l.path, "path", "", "`path` of that webhook below the tunnel's URL, and so at the process")
	fs.StringVar(&l.organization, "organization", "", "`id` of the organization whose events they are (default: yours)")
	fs.StringVar(&l.bot, "bot", "", "`id` of the bot whose webhook it is: it hears what happens where the bot is enabled")
	fs.BoolVar(&l.secret, "print-secret", false, "show the secret of the webhook, which the bot needs to check signatures")
	fs.Var(&l.filter, "filter", "`PATTERN,...`: show only events that match; all are handed on")
	fs.BoolVar(&l.verbose, "verbose", false, "show headers and bodies, too")
	fs.BoolVar(&l.json, "json", false, "print each delivery, and what else happens, as one line of JSON")
	words, err := parseWords(fs, args, env.getenv, "PORT-or-URL")
	if err != nil {
		return nil, err
	}
	if l.target, err = parseTarget(words[0]); err != nil {
		return nil, err
	}
	return &l, l.check(fs)
}

func (l *listening) check(fs *flag.FlagSet) error {
	if !wire.ValidName(l.name) {
		return wrongUsage("--name must be 1 to %d of a-z, 0-9 and -, not %q", wire.MaxName, l.name)
	}
	if l.path != "" && !strings.HasPrefix(l.path, "/") {
		l.path = "/" + l.path
	}
	if u, err := url.Parse(l.path); err != nil || u.Host != "" || strings.ContainsAny(l.path, "?# ") {
		return wrongUsage("--path must be a path such as /hook, not %q", l.path)
	}
	if len(l.events) == 0 {
		given := map[string]bool{"path": l.path != "" && !l.secret, "organization": l.organization != "", "bot": l.bot != ""}
		for _, name := range slices.Sorted(maps.Keys(given)) {
			if given[name] {
				return hinted(wrongUsage("--%s is about the webhook, which --events asks for", name), `for example --events "message.create.**"`)
			}
		}
	}
	return errors.Join(l.events.checkPatterns("events"), l.filter.checkPatterns("filter"))
}

// parseTarget understands where a local process listens: a port, an address, or a URL.
func parseTarget(text string) (*url.URL, error) {
	if port, err := strconv.ParseUint(strings.TrimPrefix(text, ":"), 10, 16); err == nil && port > 0 {
		return &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}, nil
	}
	full := text
	if !strings.Contains(text, "://") {
		full = "http://" + text
	}
	u, err := url.Parse(full)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Fragment != "" {
		return nil, hinted(wrongUsage("%q is neither a port nor a URL of a process", text), "for example bellhop listen 3000, or bellhop listen http://127.0.0.1:3000/bot")
	}
	return u, nil
}

// run connects, makes the webhook that was asked for, and shows what comes.
func (l *listening) run(ctx context.Context, env environment, host string, bot *chipchat.Bot) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	keys, err := openKeyboard(env, !l.json)
	if err != nil {
		return err
	}
	defer keys.close()
	show := newDisplay(env, l, keys)
	ready := make(chan listen.Tunnel, 1)
	listener, err := listen.New(listen.Config{
		Server: host, Name: l.name, Target: l.target, Token: renewing(bot), Proxy: proxyOf(env),
		Connected: func(t listen.Tunnel) {
			defer keys.restoreOnPanic()
			if show.connected(t) {
				ready <- t
			}
		},
		Lost:     func(err error, again time.Duration) { defer keys.restoreOnPanic(); show.lost(err, again) },
		Answered: func(e listen.Exchange) { defer keys.restoreOnPanic(); show.answered(e) },
	})
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer stop()
		return listenError(host, listener.Run(ctx))
	})
	g.Go(func() error {
		select {
		case t := <-ready:
			return l.webhook(ctx, bot, t, show)
		case <-ctx.Done():
			return nil
		}
	})
	g.Go(func() error {
		defer keys.restoreOnPanic()
		c := controls{listener: listener, display: show, bot: bot, stop: stop}
		return keys.read(ctx, c.press)
	})
	err = g.Wait()
	keys.close()
	if err == nil {
		show.end()
	}
	return err
}

// renewing gives the tunnel the token that requests are made with. One that the server has refused is renewed by a
// request, which is refused, too, if that does not help.
func renewing(bot *chipchat.Bot) func(ctx context.Context, refused string) (string, error) {
	return func(ctx context.Context, refused string) (string, error) {
		if token := bot.Tokens().Token; refused == "" && token != "" || token != refused {
			return token, nil
		}
		_, err := bot.Services.List(ctx, chipchat.Query{"limit": 1})
		return bot.Tokens().Token, err
	}
}

// proxyOf reads the proxy of the server from the environment, in the usual variables.
func proxyOf(env environment) func(*url.URL) (*url.URL, error) {
	get := func(name string) string {
		if value := env.getenv(name); value != "" {
			return value
		}
		return env.getenv(strings.ToLower(name))
	}
	c := httpproxy.Config{HTTPProxy: get("HTTP_PROXY"), HTTPSProxy: get("HTTPS_PROXY"), NoProxy: get("NO_PROXY")}
	return c.ProxyFunc()
}

// listenError says what the end of a listener is about, and what to do.
func listenError(host string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("listen at %s: %w", host, err)
	if errors.Is(err, listen.ErrTakenOver) {
		return hinted(err, "two that listen at once need a --name each")
	}
	if errors.Is(err, listen.ErrDeleted) {
		return hinted(&coded{err, exitMissing}, "listening again makes a new one, with another URL")
	}
	refused, ok := errors.AsType[*listen.RefusedError](err)
	if !ok {
		return err
	}
	switch refused.Status {
	case http.StatusUnauthorized:
		return hinted(&coded{err, exitForbidden}, "the login has ended: bellhop login")
	case http.StatusForbidden:
		return hinted(&coded{err, exitForbidden}, "a tunnel takes an admin; bellhop whoami shows who you are there")
	case http.StatusNotFound:
		return hinted(&coded{err, exitMissing}, "is that a Bellhop server of this version?")
	case http.StatusProxyAuthRequired:
		return hinted(err, "HTTP_PROXY and HTTPS_PROXY may hold user and password: http://user:password@proxy:3128")
	}
	return err
}
