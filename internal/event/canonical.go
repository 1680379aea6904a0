package event

import (
	"errors"
	"fmt"
)

// What is wrong with a JSON text. Errors of [Canonical], [Clean] and [AppendValue] wrap one of these;
// their text names the place and may be shown to a caller.
var (
	// ErrSyntax: the text is not JSON, or something follows it.
	ErrSyntax = errors.New("invalid JSON")
	// ErrDepth: arrays and objects are nested deeper than [MaxDepth].
	ErrDepth = errors.New("JSON is nested too deeply")
	// ErrNumber: a number is not finite as a double (docs/contract/delivery.md section 3).
	ErrNumber = errors.New("number out of range")
)

// MaxDepth is how deep arrays and objects may be nested (docs/contract/resources.md section 3).
const MaxDepth = 100

// Canonical appends to dst what JSON.stringify(JSON.parse(src)) makes of the JSON text src, byte for
// byte (docs/contract/delivery.md section 3, "Body bytes"): no whitespace, the fewest escapes, numbers
// as doubles in shortest form, keys that are array indexes first, of a repeated key the last value at
// the first place. Invalid UTF-8 and lone surrogates become U+FFFD, as many as a WHATWG decoder writes.
//
// On an error, which wraps ErrSyntax, ErrDepth or ErrNumber, dst is returned as it was. src must not
// overlap the capacity of dst.
func Canonical(dst, src []byte) ([]byte, error) {
	return canonical(dst, src, MaxDepth, false)
}

// Clean is [Canonical] for what strangers send: U+0000 in strings and keys becomes U+FFFD as well
// (docs/contract/resources.md section 3). Keys that become equal by it count as repeated.
func Clean(dst, src []byte) ([]byte, error) {
	return canonical(dst, src, MaxDepth, true)
}

func canonical(dst, src []byte, depth int, clean bool) ([]byte, error) {
	w := rewriter{src: src, dst: dst, depth: depth, clean: clean}
	w.space()
	if err := w.value(); err != nil {
		return dst, err
	}
	w.space()
	if w.pos < len(src) {
		return dst, w.syntax("nothing more")
	}
	return w.dst, nil
}

// rewriter reads src and writes its canonical form in one pass. Only an object whose keys turn out to
// be repeated or to be array indexes is put in order afterwards (members.go).
type rewriter struct {
	src, dst []byte
	pos      int
	depth    int // how many more levels may be opened
	clean    bool
}

func (w *rewriter) syntax(want string) error {
	if w.pos >= len(w.src) {
		return fmt.Errorf("%w: ends at byte %d where %s is expected", ErrSyntax, w.pos, want)
	}
	return fmt.Errorf("%w: at byte %d %s is expected", ErrSyntax, w.pos, want)
}

func (w *rewriter) space() {
	for w.pos < len(w.src) {
		switch w.src[w.pos] {
		case ' ', '\t', '\n', '\r':
			w.pos++
		default:
			return
		}
	}
}

// skip passes over c if it is the next byte.
func (w *rewriter) skip(c byte) bool {
	if w.pos < len(w.src) && w.src[w.pos] == c {
		w.pos++
		return true
	}
	return false
}

func (w *rewriter) value() error {
	if w.pos >= len(w.src) {
		return w.syntax("a value")
	}
	switch c := w.src[w.pos]; c {
	case '{':
		return w.object()
	case '[':
		return w.array()
	case '"':
		return w.string()
	case 't':
		return w.literal("true")
	case 'f':
		return w.literal("false")
	case 'n':
		return w.literal("null")
	default:
		if c == '-' || isDigit(c) {
			return w.number()
		}
		return w.syntax("a value")
	}
}

// open enters an array or object whose bracket is next.
func (w *rewriter) open() error {
	if w.depth == 0 {
		return fmt.Errorf("%w: at byte %d", ErrDepth, w.pos)
	}
	w.depth--
	w.dst = append(w.dst, w.src[w.pos])
	w.pos++
	w.space()
	return nil
}

func (w *rewriter) close(bracket byte) {
	w.depth++
	w.dst = append(w.dst, bracket)
}

func (w *rewriter) array() error {
	if err := w.open(); err != nil {
		return err
	}
	for first := true; !w.skip(']'); first = false {
		if !first {
			if !w.skip(',') {
				return w.syntax(", or ]")
			}
			w.dst = append(w.dst, ',')
			w.space()
		}
		if err := w.value(); err != nil {
			return err
		}
		w.space()
	}
	w.close(']')
	return nil
}

func (w *rewriter) object() error {
	start := len(w.dst)
	if err := w.open(); err != nil {
		return err
	}
	var local [32]member // keeps usual objects off the heap
	ms := local[:0]
	for first := true; !w.skip('}'); first = false {
		if !first {
			if !w.skip(',') {
				return w.syntax(", or }")
			}
			w.dst = append(w.dst, ',')
			w.space()
		}
		m, err := w.member()
		if err != nil {
			return err
		}
		ms = append(ms, m)
	}
	w.close('}')
	if !inOrder(w.dst, ms) {
		w.dst = reorder(w.dst, start, ms)
	}
	return nil
}

func (w *rewriter) member() (member, error) {
	m := member{start: len(w.dst)}
	if w.pos >= len(w.src) || w.src[w.pos] != '"' {
		return m, w.syntax("a key")
	}
	if err := w.string(); err != nil {
		return m, err
	}
	m.colon = len(w.dst)
	w.space()
	if !w.skip(':') {
		return m, w.syntax("a colon")
	}
	w.dst = append(w.dst, ':')
	w.space()
	err := w.value()
	m.end = len(w.dst)
	w.space()
	return m, err
}
