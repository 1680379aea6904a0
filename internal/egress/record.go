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

// Record is the headers of a record, in the order of their names, each name once.
type Record []field

type field = struct{ Name, Value string }

func (r Record) has(name string) bool {
	return slices.ContainsFunc(r, func(f field) bool { return f.Name == name })
}

// RecordHeaders copies h for a record (docs/contract/extensions.md section 2): the values of one name
// joined, credentials and the headers that are keys of secret masked, control characters and what is
// not UTF-8 replaced, and the whole bounded to the first 64 names and 16 KiB. The result is never nil.
func RecordHeaders(h http.Header, secret map[string]string) Record {
	return recordHeaders(h, secret, 0)
}

func recordHeaders(h http.Header, secret map[string]string, more int) Record {
	var few [32]string // so that most need no room of their own
	names := slices.AppendSeq(few[:0], maps.Keys(h))
	slices.Sort(names)
	out := make(Record, 0, min(len(names), maxRecordHeaders)+more)
	total := 0
	for _, name := range names {
		value := Masked
		if !isSecret(name, secret) {
			value = recordable(strings.Join(h[name], ", "), maxRecordValue) // does not copy a single one
		}
		name = recordable(name, maxRecordName)
		total += len(name) + len(value)
		if len(out) == maxRecordHeaders || total > maxRecordTotal {
			break
		}
		if len(out) > 0 && out[len(out)-1].Name == name {
			continue // they were the same as far as they are kept
		}
		out = append(out, field{name, value})
	}
	return out
}

// RecordRequest is RecordHeaders for a request as it leaves, with what the client adds to its head.
func RecordRequest(r *Request, secret map[string]string) Record {
	out := recordHeaders(r.Header, secret, 3)
	if !out.has("User-Agent") {
		out = append(out, field{"User-Agent", userAgent})
	}
	if r.URL.User != nil {
		out = slices.DeleteFunc(out, func(f field) bool { return f.Name == "Authorization" })
		out = append(out, field{"Authorization", Masked})
	}
	out = append(out, field{"Content-Length", strconv.Itoa(len(r.Body))})
	slices.SortFunc(out, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func isSecret(name string, more map[string]string) bool {
	if strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "Proxy-Authorization") {
		return true
	}
	for s := range more {
		if strings.EqualFold(name, s) {
			return true
		}
	}
	return false
}

// recordable makes s fit for any store and any page.
func recordable(s string, most int) string {
	if len(s) <= most && isPlain(s) {
		return s
	}
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

// isPlain reports whether s is printable ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
