package query

import (
	"strings"

	"bellhop"
)

// What a client may send at most. A path of a document that the API stores is no deeper
// and no key that anybody filters by is longer.
const (
	maxQuery  = 64 << 10 // bytes, decoded: so the URLs of Link are taken whenever that of the first page was
	maxName   = 256      // bytes
	maxDepth  = 20       // segments of a path
	maxFields = 200      // in select and populate
	maxKeys   = 10       // in sort
)

// parameter is one name=value of a form, decoded.
type parameter struct {
	name  string // without brackets
	value string
	list  bool // the name ended in []
}

// reserved are the parameters that are no filters.
var reserved = []string{"sort", "limit", "offset", "select", "populate"}

// decodeForm is standard form decoding, with the two exceptions of the contract: question
// marks in front are dropped, as a query that was given to the SDK as text begins with
// two, and a name may end in brackets. As browsers do, it takes a percent sign
// that escapes nothing for itself.
func decodeForm(rawQuery string) ([]parameter, error) {
	var form []parameter
	size := 0
	for pair := range strings.SplitSeq(strings.TrimLeft(rawQuery, "?"), "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		p := parameter{name: unescape(name), value: unescape(value)}
		for strings.HasSuffix(p.name, "[]") {
			p.name, p.list = strings.TrimSuffix(p.name, "[]"), true
		}
		if err := checkName("query", p.name); err != nil {
			return nil, err
		}
		if size += len(p.name) + len(p.value); size > maxQuery {
			return nil, bellhop.InvalidField("query", "is longer than %d bytes", maxQuery)
		}
		form = append(form, p)
	}
	return form, nil
}

// checkName refuses names that are no field's. The parameter in is where name occurs.
func checkName(in, name string) error {
	switch {
	case name == "":
		return bellhop.InvalidField(in, "has a value without a name")
	case len(name) > maxName:
		return bellhop.InvalidField(in, "has a name longer than %d bytes", maxName)
	case strings.Count(name, ".") >= maxDepth:
		return bellhop.InvalidField(in, "has a name of more than %d parts", maxDepth)
	}
	return nil
}

// unescape decodes a name or a value. What is not UTF-8, and U+0000, becomes U+FFFD, as
// in everything that is stored (docs/contract/resources.md section 3).
func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), "\ufffd"), "\x00", "\ufffd")
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
