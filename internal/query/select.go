package query

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Select says which fields of a resource a client gets: only some, or all but some. The
// zero Select is all fields. A resource always shows its id.
type Select struct {
	Paths   []Path
	Exclude bool
}

// selectOf makes a list in which every name starts with - one of what to leave out;
// among others such a name is that of no field.
func selectOf(names []string) Select {
	plain := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name[0] == '-' })
	exclude := len(plain) == 0
	if exclude {
		plain = names
	}
	var s Select
	for _, name := range plain {
		if exclude {
			name = name[1:]
		}
		if name != "" {
			s.Paths = append(s.Paths, pathOf(name))
			s.Exclude = exclude
		}
	}
	return s
}

// All reports whether nothing is left out.
func (s Select) All() bool { return len(s.Paths) == 0 }

// Project returns what s shows of the document, in the order and the form that its parts
// have. A path goes through objects and through all elements of arrays, and as in filters
// a dot in it may be part of a key. Populated resources are part of the document: populate
// first. What is not a JSON object is returned as it is.
func Project(body json.RawMessage, s Select) json.RawMessage {
	if s.All() || !isObject(body) || !json.Valid(body) {
		return body
	}
	p := projection{exclude: s.Exclude}
	var rests []string
	for _, path := range s.Paths {
		if rest := "." + path.String(); !s.Exclude || rest != ".id" {
			rests = append(rests, rest)
		}
	}
	if !s.Exclude {
		rests = append(rests, ".id")
	}
	p.value(body, rests)
	return p.out.Bytes()
}

type projection struct {
	exclude bool
	out     bytes.Buffer
}

// value writes the part of an object or an array that the rests of the selected paths show.
// A rest begins with a dot.
func (p *projection) value(raw json.RawMessage, rests []string) {
	if isObject(raw) {
		p.object(raw, rests)
	} else {
		p.array(raw, rests)
	}
}

func (p *projection) object(raw json.RawMessage, rests []string) {
	p.out.WriteByte('{')
	first := true
	for dec := decoder(raw); dec.More(); {
		key, name, value := member(dec, raw)
		below, whole := descend(rests, name)
		if !p.shows(value, whole, len(below) > 0) {
			continue
		}
		if !first {
			p.out.WriteByte(',')
		}
		first = false
		p.out.Write(key)
		p.out.WriteByte(':')
		p.part(value, below, whole)
	}
	p.out.WriteByte('}')
}

func (p *projection) array(raw json.RawMessage, rests []string) {
	p.out.WriteByte('[')
	first := true
	for dec := decoder(raw); dec.More(); {
		value := element(dec)
		if !p.shows(value, false, true) {
			continue
		}
		if !first {
			p.out.WriteByte(',')
		}
		first = false
		p.part(value, rests, false)
	}
	p.out.WriteByte(']')
}

// shows decides on a value that is named itself, or has something in it that is.
func (p *projection) shows(value json.RawMessage, whole, within bool) bool {
	if p.exclude {
		return !whole
	}
	return whole || within && isContainer(value)
}

func (p *projection) part(value json.RawMessage, below []string, whole bool) {
	if whole || len(below) == 0 || !isContainer(value) {
		p.out.Write(value)
		return
	}
	p.value(value, below)
}

// descend returns what is left of the rests below a key, and whether one names the key
// itself.
func descend(rests []string, key string) (below []string, whole bool) {
	for _, rest := range rests {
		tail, ok := strings.CutPrefix(rest[1:], key)
		switch {
		case ok && tail == "":
			whole = true
		case ok && tail[0] == '.':
			below = append(below, tail)
		}
	}
	return below, whole
}

func isObject(raw json.RawMessage) bool    { return len(raw) > 0 && raw[0] == '{' }
func isContainer(raw json.RawMessage) bool { return isObject(raw) || len(raw) > 0 && raw[0] == '[' }

// decoder stands behind the bracket that opens raw. It can't fail: raw is valid.
func decoder(raw json.RawMessage) *json.Decoder {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.Token()
	return dec
}

// member returns the next member of the object raw, its key also as it is written there.
func member(dec *json.Decoder, raw json.RawMessage) (key []byte, name string, value json.RawMessage) {
	start := dec.InputOffset()
	token, _ := dec.Token()
	key = bytes.TrimLeft(raw[start:dec.InputOffset()], ", \t\r\n")
	name, _ = token.(string)
	return key, name, element(dec)
}

func element(dec *json.Decoder) (value json.RawMessage) {
	dec.Decode(&value)
	return value
}
