package event

import (
	"bytes"
	"strings"
)

// redacted stands for a value that must not be kept.
const redacted = `"[redacted]"`

// RedactToken returns body with the values of token, refreshToken, password and secret replaced,
// whatever they are and however deep in the JSON, for the records of attempts
// (docs/contract/extensions.md section 2). The names are compared without regard to case. It works on
// JSON that was cut off anywhere, so a body may be cut before; the result may be somewhat longer than
// body. A body that does not begin like a JSON object or array is returned as it is, as is one in which
// nothing had to be replaced; else the result is new.
func RedactToken(body []byte) []byte {
	start := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\uFEFF")), " \t\r\n")
	if len(start) == 0 || start[0] != '{' && start[0] != '[' {
		return body
	}
	var out []byte
	copied := 0
	for i := 0; i < len(body); {
		if body[i] != '"' {
			i++
			continue
		}
		end := stringEnd(body, i)
		value := afterColon(body, end)
		if value < 0 || !isSecretName(body[i:end]) {
			i = end
			continue
		}
		if i = valueEnd(body, value); i == value {
			continue
		}
		out = append(append(out, body[copied:value]...), redacted...)
		copied = i
	}
	if copied == 0 {
		return body
	}
	return append(out, body[copied:]...)
}

// isSecretName reports whether the JSON string, which may contain escapes, names a secret.
func isSecretName(quoted []byte) bool {
	if bytes.IndexByte(quoted, '\\') >= 0 {
		plain, err := Canonical(nil, quoted)
		if err != nil {
			return false
		}
		quoted = plain
	}
	name := string(bytes.Trim(quoted, `"`))
	for _, secret := range []string{"token", "refreshToken", "password", "secret"} {
		if strings.EqualFold(name, secret) {
			return true
		}
	}
	return false
}

// stringEnd is where the string that starts at i ends, the end of body if it was cut off.
func stringEnd(body []byte, i int) int {
	for i++; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(body)
}

// afterColon is where the value of the key that ends at i starts, or -1 if what ends there is no key.
func afterColon(body []byte, i int) int {
	if i = afterSpace(body, i); i >= len(body) || body[i] != ':' {
		return -1
	}
	return afterSpace(body, i+1)
}

func afterSpace(body []byte, i int) int {
	for i < len(body) && bytes.IndexByte([]byte(" \t\r\n"), body[i]) >= 0 {
		i++
	}
	return i
}

// valueEnd is where the value that starts at i ends. In what is not quite JSON it rather takes too much.
func valueEnd(body []byte, i int) int {
	depth := 0
	for i < len(body) {
		switch body[i] {
		case '"':
			i = stringEnd(body, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		case ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
