package event

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	replacement = "\uFFFD"
	hexDigits   = "0123456789abcdef"
	exactInt    = 1 << 53 // doubles hold integers up to here
)

// special marks the ASCII bytes that cannot stand in a JSON string as they are.
var special = func() (t [utf8.RuneSelf]bool) {
	for c := range byte(0x20) {
		t[c] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

// AppendString appends s as a JSON string in canonical form: only ", \ and U+0000 to U+001F are
// escaped, invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	run := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if special[c] {
				dst = appendASCII(append(dst, s[run:i]...), c)
				run = i + 1
			}
			i++
			continue
		}
		if n := validRune(s[i:]); n > 0 {
			i += n
			continue
		}
		dst = append(append(dst, s[run:i]...), replacement...)
		i += invalidLen(s[i:])
		run = i
	}
	return append(append(dst, s[run:]...), '"')
}

// appendASCII appends one ASCII character of a string, escaped if it must be.
func appendASCII(dst []byte, c byte) []byte {
	if !special[c] {
		return append(dst, c)
	}
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\t':
		return append(dst, '\\', 't')
	case '\n':
		return append(dst, '\\', 'n')
	case '\f':
		return append(dst, '\\', 'f')
	case '\r':
		return append(dst, '\\', 'r')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// AppendNumber appends f as ECMAScript writes it: 1 for 1.0, 0 for -0, 1e+21. A value that is not
// finite becomes null, as it does in JSON.stringify; [AppendValue] refuses it.
func AppendNumber(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	abs := math.Abs(f)
	switch {
	case abs == 0:
		return append(dst, '0')
	case abs < exactInt && f == math.Trunc(f):
		return strconv.AppendInt(dst, int64(f), 10)
	case abs >= 1e-6 && abs < 1e21:
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// Go writes at least two digits of the exponent, ECMAScript as few as it can: 1e-07, 1e-7.
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// AppendValue appends v in canonical form. Keys of a map that are array indexes come first, ascending,
// the others sorted bytewise; nil slices and maps are [] and {}, for arrays of the model are never
// absent. A json.RawMessage is copied as it is and must be canonical already. Other types go through
// encoding/json. What strangers have sent may be laid into something else, so twice MaxDepth is taken.
// Errors wrap ErrNumber, ErrDepth, or what encoding/json says; dst is then returned as
// it was.
func AppendValue(dst []byte, v any) ([]byte, error) {
	out, err := appendValue(dst, v, 2*MaxDepth)
	if err != nil {
		return dst, err
	}
	return out, nil
}

func appendValue(dst []byte, v any, depth int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case string:
		return AppendString(dst, v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return dst, fmt.Errorf("%w: %v", ErrNumber, v)
		}
		return AppendNumber(dst, v), nil
	case int:
		return AppendNumber(dst, float64(v)), nil
	case int64:
		return AppendNumber(dst, float64(v)), nil
	case json.RawMessage:
		if len(v) == 0 {
			return append(dst, "null"...), nil
		}
		return append(dst, v...), nil
	}
	if depth == 0 {
		return dst, ErrDepth
	}
	switch v := v.(type) {
	case []any:
		return appendArray(dst, v, depth-1)
	case []string:
		return appendStrings(dst, v), nil
	case map[string]any:
		return appendObject(dst, v, depth-1)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return dst, fmt.Errorf("encoding %T: %w", v, err)
	}
	return canonical(dst, text, depth, false)
}

func appendArray(dst []byte, vs []any, depth int) ([]byte, error) {
	dst = append(dst, '[')
	for i, v := range vs {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendValue(dst, v, depth); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendStrings(dst []byte, vs []string) []byte {
	dst = append(dst, '[')
	for i, s := range vs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, s)
	}
	return append(dst, ']')
}

func appendObject(dst []byte, v map[string]any, depth int) ([]byte, error) {
	keys := slices.AppendSeq(make([]string, 0, len(v)), maps.Keys(v))
	slices.Sort(keys)
	slices.SortStableFunc(keys, compareKeys)
	start := len(dst)
	ms := make([]member, 0, len(keys))
	dst = append(dst, '{')
	for i, key := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		m := member{start: len(dst)}
		dst = AppendString(dst, key)
		m.colon = len(dst)
		dst = append(dst, ':')
		var err error
		if dst, err = appendValue(dst, v[key], depth); err != nil {
			return dst, err
		}
		m.end = len(dst)
		ms = append(ms, m)
	}
	dst = append(dst, '}')
	if slices.ContainsFunc(keys, func(k string) bool { return !utf8.ValidString(k) }) {
		dst = reorder(dst, start, ms) // different keys may have become the same one
	}
	return dst, nil
}
