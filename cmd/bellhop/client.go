package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"bellhop/chipchat"
)

// connection says which server a command talks to, and as whom.
type connection struct {
	host    string
	token   string
	profile string
}

// flags adds --host, --token and --profile, which are also BELLHOP_HOST, BELLHOP_TOKEN and BELLHOP_PROFILE.
func (c *connection) flags(fs *flag.FlagSet) {
	fs.StringVar(&c.host, "host", "", "`URL` of the server (default: that of the profile)")
	fs.StringVar(&c.token, "token", "", "access `token`; better BELLHOP_TOKEN, which other users of the machine cannot see (default: that of the profile)")
	fs.StringVar(&c.profile, "profile", "", "`name` of the login to use, see bellhop profiles (default: the last one)")
}

// login is a server, and how one is known there.
type login struct {
	host   string
	tokens chipchat.Tokens
	store  chipchat.TokenStore // nil: the token was given on the command line
	name   string              // of the profile; empty if there is none
}

// client returns what speaks to the server. A token that has expired is renewed, and kept in its profile.
func (c *connection) client(env environment) (*chipchat.Bot, error) {
	l, err := c.login(env)
	if err != nil {
		return nil, err
	}
	return l.client()
}

func (l *login) client() (*chipchat.Bot, error) {
	return chipchat.New(chipchat.Options{
		Host: l.host, Token: l.tokens.Token, RefreshToken: l.tokens.RefreshToken, TokenStore: l.store,
		// Somebody waits: what fails is told at once, and by the command alone.
		Retries: -1, Logger: slog.New(slog.DiscardHandler),
	})
}

// login finds the server and the token. A token of a profile is sent to no other host than that of the profile.
func (c *connection) login(env environment) (*login, error) {
	host, err := cleanHost(c.host)
	if err != nil {
		return nil, err
	}
	if c.token != "" && host != "" {
		return &login{host: host, tokens: chipchat.Tokens{Token: c.token}}, nil
	}
	file, err := openProfiles(env)
	if err != nil {
		return nil, err
	}
	kept, err := file.read()
	if err != nil {
		return nil, err
	}
	name, p, err := kept.find(c.profile, host)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		return &login{host: p.Host, tokens: chipchat.Tokens{Token: c.token}}, nil
	}
	return &login{
		host: p.Host, name: name, store: &profileTokens{file, name},
		tokens: chipchat.Tokens{Token: p.Token, RefreshToken: p.RefreshToken},
	}, nil
}

// cleanHost checks the address of a server. A name without a scheme is one of https, unless it is this machine.
func cleanHost(host string) (string, error) {
	if host == "" {
		return "", nil
	}
	if !strings.Contains(host, "://") {
		scheme := "https://"
		if name, _, _ := strings.Cut(host, ":"); name == "localhost" || strings.HasPrefix(name, "127.") || strings.HasPrefix(host, "[::1]") {
			scheme = "http://"
		}
		host = scheme + host
	}
	u, err := url.Parse(host)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", hinted(wrongUsage("--host must be an http or https URL without user, query and fragment"), "for example --host https://bellhop.example.com")
	}
	return strings.TrimSuffix(strings.TrimRight(host, "/"), "/v2"), nil
}

// isUnencrypted reports whether what is sent to a host can be read on the way: it is neither of https nor this machine.
func isUnencrypted(host string) bool {
	u, err := url.Parse(host)
	if err != nil || u.Scheme != "http" || u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost") {
		return false
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err != nil || !a.IsLoopback()
}

// directClient follows no redirect: passwords and tokens are for the server that was named.
func directClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// find returns the profile with the name, or the one for the host, or the current one.
func (k *profiles) find(name, host string) (string, *profile, error) {
	switch {
	case name != "":
		p := k.Profiles[name]
		if p == nil {
			err := notLoggedIn("there is no profile %q", name)
			if near := closest(name, k.names()); near != "" {
				return "", nil, hinted(err, fmt.Sprintf("did you mean %s? bellhop profiles lists them", near))
			}
			return "", nil, hinted(err, fmt.Sprintf("bellhop login --profile %s --host URL --email EMAIL", name))
		}
		if host != "" && p.Host != host {
			return "", nil, hinted(wrongUsage("the profile %s is for %s, not for %s", name, p.Host, host), "leave --host or --profile away, or give a --token")
		}
		return name, p, nil
	case host != "":
		if p := k.Profiles[k.Current]; p != nil && p.Host == host {
			return k.Current, p, nil
		}
		for _, name := range k.names() {
			if k.Profiles[name].Host == host {
				return name, k.Profiles[name], nil
			}
		}
		return "", nil, hinted(notLoggedIn("you are not logged in to %s", host), fmt.Sprintf("bellhop login --host %s --email EMAIL", host))
	}
	if p := k.Profiles[k.Current]; p != nil {
		return k.Current, p, nil
	}
	return "", nil, hinted(&coded{errors.New("you are not logged in"), exitForbidden}, "bellhop login --host URL --email EMAIL, or set BELLHOP_HOST and BELLHOP_TOKEN")
}
