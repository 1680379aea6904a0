package wire

import (
	"strings"
	"unicode/utf8"
)

func (f Ready) check() string {
	switch {
	case f.Tunnel == "" || f.URL == "":
		return "id or url is missing"
	case !utf8.ValidString(f.Tunnel + f.URL):
		return "id or url is not UTF-8"
	case len(f.Tunnel)+len(f.URL) > MaxHead:
		return "id or url is too long"
	}
	return ""
}

func (f Request) check() string {
	switch {
	case f.ID < 1:
		return "the id is not a number from 1 on"
	case !isToken(f.Method):
		return "the method is not a token"
	case !strings.HasPrefix(f.Path, "/"):
		return "the path does not begin with /"
	case strings.ContainsFunc(f.Path+f.Query, isUnsafe):
		return "the path or the query has a blank or a control character in it"
	case !utf8.ValidString(f.Path + f.Query):
		return "the path or the query is not UTF-8"
	case len(f.Method)+len(f.Path)+len(f.Query)+f.Headers.size() > MaxHead:
		return "the head is too long"
	case len(f.Body) > MaxBody:
		return "the body is too long"
	case len(f.Order) > MaxOrder || strings.ContainsFunc(f.Order, isNoHex):
		return "the order is not hex digits"
	}
	return f.Headers.check()
}

func isNoHex(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }

// isUnsafe reports whether r would break out of its place in the first line of a request.
func isUnsafe(r rune) bool { return r <= ' ' || r == 0x7f }

func (f Cancel) check() string   { return checkID(f.ID) }
func (f Received) check() string { return checkID(f.ID) }

func checkID(id int64) string {
	if id < 1 {
		return "the id is not a number from 1 on"
	}
	return ""
}

func (f Response) check() string {
	switch {
	case f.ID < 1:
		return checkID(f.ID)
	case f.Status < 200 || f.Status > 599:
		return "the status is not one from 200 to 599"
	case f.Headers.size() > MaxHead:
		return "the head is too long"
	case len(f.Body) > MaxBody:
		return "the body is too long"
	}
	return f.Headers.check()
}

func (f Failure) check() string {
	switch {
	case f.ID < 1:
		return checkID(f.ID)
	case f.Error == "":
		return "the error is missing"
	case !utf8.ValidString(f.Error):
		return "the error is not UTF-8"
	case len(f.Error) > MaxError:
		return "the error is too long"
	}
	return ""
}

func (f Unknown) check() string { return "nothing is known of its type" }

// Fail returns a failure in bounds: a long text is cut, an empty one replaced.
func Fail(id int64, text string) Failure {
	text = strings.ToValidUTF8(text, "�")
	if len(text) > MaxError {
		cut := MaxError
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	if text == "" {
		text = "no reason given"
	}
	return Failure{ID: id, Error: text}
}
