package ui

import (
	"net/url"
	"strings"
)

// maskedValue stands in records in the place of what is secret (docs/contract/extensions.md section 2).
const maskedValue = "xxxxx"

// placeholder stands in a command for what is masked.
const placeholder = "FILL_IN"

// curlCommand is an attempt as a command for a POSIX shell.
type curlCommand struct {
	Text   string
	Hidden []string // what has to be filled in
}

// curlOf returns the command that sends a request once more as it was sent: the same method, address,
// headers and bytes. What curl would add or change by itself is switched off.
func curlOf(a *attempt, body string) curlCommand {
	var c curlCommand
	options := []string{"curl --include --http1.1"}
	target, user := c.target(a.Request.URL)
	if strings.ContainsAny(target, "[]{}") {
		options = append(options, "--globoff")
	}
	if strings.Contains(target, "/.") {
		options = append(options, "--path-as-is")
	}
	if user != "" {
		options = append(options, "--user "+shellQuoted(user))
	}
	for _, h := range headersOf(a.Request.Headers) {
		switch {
		case strings.EqualFold(h.Name, "Content-Length"), user != "" && strings.EqualFold(h.Name, "Authorization"):
			continue // curl writes these
		case h.Value == maskedValue:
			c.Hidden = append(c.Hidden, h.Name)
			h.Value = placeholder
		}
		if h.Value == "" {
			options = append(options, "--header "+shellQuoted(h.Name+";")) // with a colon it would be left out
			continue
		}
		options = append(options, "--header "+shellQuoted(h.Name+": "+h.Value))
	}
	options = append(options, "--header 'Expect:'", "--data-raw "+shellQuoted(body), shellQuoted(target))
	c.Text = strings.Join(options, " \\\n  ")
	return c
}

// target takes user and password out of a URL, of which the password is masked.
func (c *curlCommand) target(text string) (target, user string) {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text, ""
	}
	user = u.User.Username()
	if _, ok := u.User.Password(); ok {
		user += ":" + placeholder
		c.Hidden = append(c.Hidden, "the password of the URL")
	}
	scheme, _, rest := webhookURL(text).parts()
	return scheme + rest, user
}

// shellQuoted writes one argument for a POSIX shell, whatever is in it.
func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// HiddenText says what has to be filled in.
func (c curlCommand) HiddenText() string {
	if len(c.Hidden) == 0 {
		return ""
	}
	return "Not kept, since it is secret: " + commas(c.Hidden) + ". Put it where the command says " + placeholder + "."
}
