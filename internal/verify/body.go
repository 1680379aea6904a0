package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"bellhop/internal/event"
)

const (
	rawHint     = "Verify the bytes as they came, before anything parses them: express.raw(), request.get_data(), io.ReadAll."
	fileHint    = "Compare the bytes with those that came: write them as binary, and not by echo, an editor or a text mode."
	charsetHint = "Read and write bodies as bytes, or as UTF-8 everywhere."
)

// bodies returns what may have been signed in place of the body, first the body.
func (q *Question) bodies() []variant {
	b := bodySet{variants: []variant{{value: q.Body}}, seen: map[string]bool{string(q.Body): true}}
	b.ends(q.Body)
	b.json(q.Body)
	b.charsets(q.Body)
	b.wrapped(q.Body)
	b.add(nil, "empty-body", "An empty body was signed.", "Something had read the body before: keep the bytes when they are read first.")
	b.add([]byte("[object Object]"), "object", "The text [object Object] was signed: an object was made a string.", rawHint)
	return b.variants
}

type bodySet struct {
	variants []variant
	seen     map[string]bool
}

func (b *bodySet) add(body []byte, cause, text, hint string) {
	if b.seen[string(body)] {
		return
	}
	b.seen[string(body)] = true
	b.variants = append(b.variants, variant{body, Cause{cause, text, hint}})
}

// ends adds what happens to the ends of a body, and of its lines.
func (b *bodySet) ends(body []byte) {
	for _, end := range []string{"\n", "\r\n", "\x00"} {
		b.add(append(bytes.Clone(body), end...), "newline-lost", "The body was signed with a line break at its end, which it does not have now.", fileHint)
		if less, ok := bytes.CutSuffix(body, []byte(end)); ok {
			b.add(less, "newline-added", "The body was signed without the line break at its end.", fileHint)
		}
	}
	b.add(bytes.TrimSpace(body), "blanks-added", "The body was signed without the blanks and line breaks around it.", fileHint)
	b.add(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), "crlf-added", "The body was signed with line breaks of Unix, and has those of Windows now.", fileHint)
	b.add(bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")), "crlf-lost", "The body was signed with line breaks of Windows, and has those of Unix now.", fileHint)
	mark := []byte("\ufeff")
	b.add(append(bytes.Clone(mark), body...), "bom-lost", "The body was signed with a byte order mark in front.", fileHint)
	if less, ok := bytes.CutPrefix(body, mark); ok {
		b.add(less, "bom-added", "The body was signed without the byte order mark in front.", fileHint)
	}
}

// json adds what libraries write after they have parsed the body.
func (b *bodySet) json(body []byte) {
	canonical, err := event.Canonical(nil, bytes.TrimPrefix(body, []byte("\ufeff")))
	if err != nil {
		return
	}
	var tight bytes.Buffer
	if json.Compact(&tight, bytes.TrimPrefix(body, []byte("\ufeff"))) != nil {
		return
	}
	b.ended(tight.Bytes(), "compacted", "The body was signed without the blanks between its values: it was indented or spaced afterwards")
	b.ended(canonical, "reserialized", "What JSON.stringify makes of the body was signed: it was parsed and written again")

	var any any
	decoder := json.NewDecoder(bytes.NewReader(canonical))
	decoder.UseNumber()
	if decoder.Decode(&any) != nil {
		return
	}
	var sorted bytes.Buffer
	encoder := json.NewEncoder(&sorted)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(any) != nil {
		return
	}
	inOrder := []struct {
		text  []byte
		order string
	}{{canonical, ""}, {tight.Bytes(), ""}, {bytes.TrimSpace(sorted.Bytes()), ", with its keys sorted"}}
	for _, t := range inOrder {
		b.ended(t.text, "key-order", "The body was signed as a library writes it"+t.order)
		for _, s := range styles {
			b.ended(s.write(t.text), s.cause, "The body was signed as "+s.who+" writes it"+t.order)
		}
	}
}

// ended adds a body that was written again, with and without a line break at its end.
func (b *bodySet) ended(body []byte, cause, text string) {
	b.add(body, cause, text+".", rawHint)
	b.add(append(bytes.Clone(body), '\n'), cause, text+", with a line break at its end.", rawHint)
}

// style is how a library writes what JavaScript writes without blanks and escapes.
type style struct {
	cause, who string
	write      func(compact []byte) []byte
}

// styles are those that are seen most. Each begins with a compact text.
var styles = []style{
	{"spaced", "Python's json.dumps", func(t []byte) []byte { return escaped(spaced(t), asciiOnly) }},
	{"spaced", "Python's json.dumps with ensure_ascii=False", spaced},
	{"escaped-unicode", "a library that escapes all but ASCII", func(t []byte) []byte { return escaped(t, asciiOnly) }},
	{"escaped-unicode", "PHP's json_encode", func(t []byte) []byte { return slashed(escaped(t, asciiOnly)) }},
	{"escaped-slashes", "PHP's json_encode with JSON_UNESCAPED_UNICODE", slashed},
	{"escaped-html", "Go's encoding/json", func(t []byte) []byte { return escaped(t, goHTML) }},
	{"escaped-html", "a library that escapes HTML and all but ASCII", func(t []byte) []byte { return escaped(t, both) }},
	{"indented", "a formatter with two blanks", indented("  ")},
	{"indented", "a formatter with four blanks", indented("    ")},
	{"indented", "a formatter with tabs", indented("\t")},
	{"indented", "PHP's json_encode with JSON_PRETTY_PRINT", func(t []byte) []byte { return slashed(escaped(indented("    ")(t), asciiOnly)) }},
	{"indented", "PHP's json_encode with JSON_PRETTY_PRINT and JSON_UNESCAPED_UNICODE", func(t []byte) []byte { return slashed(indented("    ")(t)) }},
	{"indented", "Python's json.dumps with an indent", func(t []byte) []byte { return escaped(indented("  ")(t), asciiOnly) }},
	{"indented", "Python's json.dumps with an indent of four", func(t []byte) []byte { return escaped(indented("    ")(t), asciiOnly) }},
}

// mostIndented is how long an indented body may be to be tried: each level makes all lines within it longer.
const mostIndented = 4 << 20

func indented(by string) func([]byte) []byte {
	return func(text []byte) []byte {
		if len(text)+blanks(text, len(by)) > mostIndented {
			return text
		}
		var b bytes.Buffer
		_ = json.Indent(&b, text, "", by) // the text is JSON
		return b.Bytes()
	}
}

// blanks is how many bytes indents of that width add to a compact text, line breaks included.
func blanks(text []byte, width int) (n int) {
	depth, inside := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
		case inside:
		case c == '{', c == '[':
			depth++
			n += 1 + depth*width
		case c == ',':
			n += 1 + depth*width
		case c == '}', c == ']':
			depth--
			n += 1 + depth*width
		}
	}
	return n
}

// spaced has a blank behind each colon and comma between values.
func spaced(text []byte) []byte {
	var b []byte
	inside := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		b = append(b, c)
		switch {
		case inside && c == '\\' && i+1 < len(text):
			i++
			b = append(b, text[i])
		case c == '"':
			inside = !inside
		case !inside && (c == ':' || c == ','):
			b = append(b, ' ')
		}
	}
	return b
}

func slashed(text []byte) []byte { return bytes.ReplaceAll(text, []byte("/"), []byte(`\/`)) }

func asciiOnly(r rune) bool { return r >= 0x7f }
func goHTML(r rune) bool    { return strings.ContainsRune("<>&\u2028\u2029", r) }
func both(r rune) bool      { return asciiOnly(r) || goHTML(r) }

// escaped writes some characters as \uXXXX. They stand in strings only.
func escaped(text []byte, which func(rune) bool) []byte {
	var b []byte
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case !which(r):
			b = append(b, text[:n]...)
		case r > 0xffff:
			r -= 0x10000
			b = appendEscape(appendEscape(b, 0xd800+r>>10), 0xdc00+r&0x3ff)
		default:
			b = appendEscape(b, r)
		}
		text = text[n:]
	}
	return b
}

func appendEscape(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// charsets adds what becomes of a body that was read as another charset than it was written in.
func (b *bodySet) charsets(body []byte) {
	if narrow, ok := latin1(body); ok {
		if utf8.Valid(narrow) {
			b.add(narrow, "utf8-twice", "The body was signed as UTF-8, and was taken for Latin-1 and written as UTF-8 a second time.", charsetHint)
		}
		b.add(narrow, "latin1", "The body was signed in Latin-1, and is UTF-8 now.", charsetHint)
	}
	var wide []byte
	for _, c := range body {
		wide = utf8.AppendRune(wide, rune(c))
	}
	text := "The body was signed as UTF-8 of UTF-8: it was taken for Latin-1 before."
	if !utf8.Valid(body) {
		text = "The body was signed as UTF-8, and is Latin-1 now."
	}
	b.add(wide, "latin1", text, charsetHint)
	b.add(units(body), "latin1", "Of each character of the body only the low byte was signed: its text was taken for Latin-1, or binary.", charsetHint)
	seven := bytes.Clone(body)
	for i := range seven {
		seven[i] &= 0x7f
	}
	b.add(seven, "latin1", "Of each byte of the body only seven bits were signed: it was read as ASCII.", charsetHint)
	b.add(bytes.ToValidUTF8(body, []byte("\ufffd")), "invalid-utf8", "The body was signed after its invalid bytes were replaced.", charsetHint)
}

// units are the low bytes of the text in UTF-16, which is how Node writes a text as latin1 or binary.
func units(body []byte) []byte {
	var low []byte
	for _, u := range utf16.Encode([]rune(string(body))) {
		low = append(low, byte(u))
	}
	return low
}

// latin1 is body, which is UTF-8, in Latin-1.
func latin1(body []byte) ([]byte, bool) {
	var narrow []byte
	for _, r := range string(body) {
		if r > 0xff {
			return nil, false
		}
		narrow = append(narrow, byte(r))
	}
	return narrow, utf8.Valid(body)
}

// wrapped adds what a body is packed into, or was taken out of.
func (b *bodySet) wrapped(body []byte) {
	const hint = "Sign and verify exactly what is sent as the body of the request."
	const into = "The body was signed packed into something else: "
	trimmed := bytes.TrimSpace(body)
	text, _ := event.AppendValue(nil, string(body))
	b.add(text, "wrapped", into+"as a JSON string.", hint)
	for _, name := range []string{"body", "payload", "data"} {
		b.add([]byte(`{"`+name+`":`+string(trimmed)+`}`), "wrapped", into+"as the member "+name+" of an object.", hint)
		b.add([]byte(`{"`+name+`":`+string(text)+`}`), "wrapped", into+"as the text "+name+" of an object.", hint)
		b.add([]byte(name+"="+url.QueryEscape(string(body))), "wrapped", into+"as the field "+name+" of a form.", hint)
	}
	b.add(buffer(body), "wrapped", into+"as JSON.stringify writes a Buffer of Node.", hint)
	b.add([]byte(base64.StdEncoding.EncodeToString(body)), "wrapped", into+"as Base64.", hint)

	const outOf = "What is packed in the body was signed: "
	var inner string
	if json.Unmarshal(trimmed, &inner) == nil {
		b.add([]byte(inner), "unwrapped", outOf+"it is a JSON string.", hint)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(trimmed, &object) == nil {
		for _, name := range []string{"body", "payload", "data"} {
			member, ok := object[name]
			if !ok {
				continue
			}
			b.add(member, "unwrapped", outOf+"the member "+name+".", hint)
			if json.Unmarshal(member, &inner) == nil {
				b.add([]byte(inner), "unwrapped", outOf+"the text "+name+".", hint)
			}
		}
	}
	if plain, err := base64.StdEncoding.DecodeString(string(trimmed)); err == nil {
		b.add(plain, "unwrapped", outOf+"it is Base64.", hint)
	}
	if form, err := url.ParseQuery(string(trimmed)); err == nil {
		for _, name := range []string{"body", "payload", "data"} {
			if form.Has(name) {
				b.add([]byte(form.Get(name)), "unwrapped", outOf+"the field "+name+" of a form.", hint)
			}
		}
	}
}

// buffer is body as JSON.stringify writes a Buffer.
func buffer(body []byte) []byte {
	b := []byte(`{"type":"Buffer","data":[`)
	for i, c := range body {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(c), 10)
	}
	return append(b, "]}"...)
}
