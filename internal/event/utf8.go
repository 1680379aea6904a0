package event

// UTF-8 as the WHATWG decoder reads it: of a broken sequence the longest part that could have begun a
// character becomes one U+FFFD. Package unicode/utf8 counts each byte of it by itself, which would make
// two servers write different bodies from the same input.

// lead says how long the sequence begun by c is, and between which bounds its second byte must lie.
// It is 0 for a byte that begins none.
func lead(c byte) (n int, low, high byte) {
	switch {
	case c < 0xC2:
		return 0, 0, 0
	case c < 0xE0:
		return 2, 0x80, 0xBF
	case c == 0xE0:
		return 3, 0xA0, 0xBF
	case c == 0xED:
		return 3, 0x80, 0x9F
	case c < 0xF0:
		return 3, 0x80, 0xBF
	case c == 0xF0:
		return 4, 0x90, 0xBF
	case c < 0xF4:
		return 4, 0x80, 0xBF
	case c == 0xF4:
		return 4, 0x80, 0x8F
	}
	return 0, 0, 0
}

// validRune is the length of the multi-byte character at the start of s, 0 if there is none.
func validRune[T ~string | ~[]byte](s T) int {
	n, low, high := lead(s[0])
	if n == 0 || len(s) < n || s[1] < low || s[1] > high {
		return 0
	}
	for i := 2; i < n; i++ {
		if s[i]&0xC0 != 0x80 {
			return 0
		}
	}
	return n
}

// invalidLen is how many bytes of s, which does not start with a character, one U+FFFD stands for.
func invalidLen[T ~string | ~[]byte](s T) int {
	n, low, high := lead(s[0])
	if n == 0 || len(s) < 2 || s[1] < low || s[1] > high {
		return 1
	}
	i := 2
	for i < n && i < len(s) && s[i]&0xC0 == 0x80 {
		i++
	}
	return i
}
