package egress

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Masked stands in records for what is secret.
const Masked = "xxxxx"

const (
	maxRecordHeaders = 64
	maxRecordName    = 128
	maxRecordValue   = 1 << 10
	maxRecordTotal   = 16 << 10
)

// RedactURL writes u for records: the password masked, the user kept; "" for nil.
func RedactURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Redacted() // masks with the text of Masked
}

// RecordHeaders copies h for a record (docs/contract/extensions.md section 2): the values of one name
// joined, credentials and the headers named in secret masked, control characters and what is not UTF-8
// replaced, and the whole bounded to the first 64 names and 16 KiB. The result is never nil.
func RecordHeaders(h http.Header, secret ...string) map[string]string {
	out := make(map[string]string, min(len(h), maxRecordHeaders))
	total := 0
	for _, name := range slices.Sorted(maps.Keys(h)) {
		value := Masked
		if !isSecret(name, secret) {
			value = recordable(strings.Join(h[name], ", "), maxRecordValue)
		}
		name = recordable(name, maxRecordName)
		total += len(name) + len(value)
		if len(out) == maxRecordHeaders || total > maxRecordTotal {
			break
		}
		out[name] = value
	}
	return out
}

// RecordRequest is RecordHeaders for a request as it leaves, with what the client adds to its head.
func RecordRequest(r *Request, secret ...string) map[string]string {
	out := RecordHeaders(r.Header, secret...)
	if _, given := out["User-Agent"]; !given {
		out["User-Agent"] = userAgent
	}
	if r.URL.User != nil {
		out["Authorization"] = Masked
	}
	out["Content-Length"] = strconv.Itoa(len(r.Body))
	return out
}

func isSecret(name string, more []string) bool {
	if strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "Proxy-Authorization") {
		return true
	}
	for _, s := range more {
		if strings.EqualFold(name, s) {
			return true
		}
	}
	return false
}

// recordable makes s fit for any store and any page.
func recordable(s string, most int) string {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") // no half character at the end
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
