package event

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

func (w *rewriter) literal(word string) error {
	if len(w.src)-w.pos < len(word) || string(w.src[w.pos:w.pos+len(word)]) != word {
		return w.syntax("a value")
	}
	w.dst = append(w.dst, word...)
	w.pos += len(word)
	return nil
}

// string copies the string whose opening quote is next. Runs that need no change are copied whole.
func (w *rewriter) string() error {
	src := w.src
	i := w.pos + 1
	w.dst = append(w.dst, '"')
	run := i
	for i < len(src) {
		c := src[i]
		if c < utf8.RuneSelf && !special[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if n := validRune(src[i:]); n > 0 {
				i += n
				continue
			}
			w.dst = append(append(w.dst, src[run:i]...), replacement...)
			i += invalidLen(src[i:])
			run = i
			continue
		}
		w.dst = append(w.dst, src[run:i]...)
		if c == '"' {
			w.dst = append(w.dst, '"')
			w.pos = i + 1
			return nil
		}
		w.pos = i
		if c != '\\' {
			return w.syntax("an escape instead of a control character")
		}
		if err := w.escape(); err != nil {
			return err
		}
		i = w.pos
		run = i
	}
	w.pos = len(src)
	return w.syntax("the end of a string")
}

// escape rewrites the escape whose backslash is next.
func (w *rewriter) escape() error {
	rest := w.src[w.pos:]
	if len(rest) < 2 {
		w.pos = len(w.src)
		return w.syntax("an escape")
	}
	switch c := rest[1]; c {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		w.dst = append(w.dst, '\\', c)
	case '/':
		w.dst = append(w.dst, '/')
	case 'u':
		return w.unicodeEscape()
	default:
		return w.syntax("an escape")
	}
	w.pos += 2
	return nil
}

func (w *rewriter) unicodeEscape() error {
	r, ok := hex4(w.src[w.pos:])
	if !ok {
		return w.syntax("an escape with four hex digits")
	}
	w.pos += 6
	switch {
	case r >= 0xD800 && r < 0xDC00:
		low, ok := hex4(w.src[w.pos:])
		if !ok || low < 0xDC00 || low > 0xDFFF {
			r = utf8.RuneError
			break
		}
		w.pos += 6
		r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
	case r >= 0xDC00 && r <= 0xDFFF, r == 0 && w.clean:
		r = utf8.RuneError
	}
	if r < utf8.RuneSelf {
		w.dst = appendASCII(w.dst, byte(r))
		return nil
	}
	w.dst = utf8.AppendRune(w.dst, r)
	return nil
}

// hex4 reads an escape like \u00e4 at the start of s.
func hex4(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case isDigit(c):
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = (c | 0x20) - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number copies the number that is next, through a double unless it is a short integer.
func (w *rewriter) number() error {
	start := w.pos
	w.skip('-')
	whole := w.pos
	if !w.skip('0') && !w.digits() {
		return w.syntax("a digit")
	}
	short := w.pos-whole <= 15
	if w.skip('.') {
		short = false
		if !w.digits() {
			return w.syntax("a digit")
		}
	}
	if w.skip('e') || w.skip('E') {
		short = false
		if !w.skip('+') {
			w.skip('-')
		}
		if !w.digits() {
			return w.syntax("a digit")
		}
	}
	text := w.src[start:w.pos]
	if short && string(text) != "-0" {
		w.dst = append(w.dst, text...)
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return fmt.Errorf("%w: at byte %d", ErrNumber, start)
	}
	w.dst = AppendNumber(w.dst, f)
	return nil
}

// digits passes over digits and says whether there were any.
func (w *rewriter) digits() bool {
	start := w.pos
	for w.pos < len(w.src) && isDigit(w.src[w.pos]) {
		w.pos++
	}
	return w.pos > start
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
