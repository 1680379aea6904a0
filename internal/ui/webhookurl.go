package ui

import "strings"

// webhookURL is the URL of a webhook, whose user and password are not for every page.
type webhookURL string

// hiddenUser stands for user and password.
const hiddenUser = "•••"

// parts cuts out what stands before the @ of the host. The text of the rest stays as it
// is, so that a URL that cannot be parsed is cut as well.
func (u webhookURL) parts() (scheme, user, rest string) {
	scheme, rest, ok := strings.Cut(string(u), "://")
	if !ok {
		return "", "", string(u)
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return scheme + "://", "", rest
	}
	return scheme + "://", rest[:at], rest[at+1:]
}

// hidden is the URL with its user and password hidden.
func (u webhookURL) hidden() string {
	scheme, user, rest := u.parts()
	if user != "" {
		user = hiddenUser + "@"
	}
	return scheme + user + rest
}

// challenge is what is asked to verify it, without user and password, which are sent as a
// header (docs/contract/delivery.md section 1).
func (u webhookURL) challenge() string {
	scheme, _, rest := u.parts()
	separator := "?"
	if strings.Contains(rest, "?") {
		separator = "&"
	}
	return scheme + rest + separator + "type=subscribe&challenge=…"
}

// path is where on its host the webhook is, which the bot has to listen on.
func (u webhookURL) path() string {
	_, _, rest := u.parts()
	i := strings.IndexAny(rest, "/?")
	if i < 0 || rest[i] == '?' {
		return "/"
	}
	path, _, _ := strings.Cut(rest[i:], "?")
	return path
}
