package query

import (
	"strconv"

	"bellhop"
)

// Number converts a value for a field that holds a number. It takes decimal numbers, with
// or without a fraction and an exponent, and nothing else that computers call a number.
func Number(text string) (float64, bool) {
	for i := range len(text) {
		switch c := text[i]; {
		case '0' <= c && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return 0, false // ParseFloat knows inf, NaN, 0x10 and 1_000, too
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// Bool converts a value for a field that holds a boolean.
func Bool(text string) (value, ok bool) {
	return text == "true", text == "true" || text == "false"
}

// The moments that have a form in documents, where dates are compared as text.
const (
	minDate bellhop.Time = -62167219200000 // 0000-01-01
	maxDate bellhop.Time = 253402300799999 // the end of 9999
)

// Date converts a value for a field that holds a date; without a time it is midnight UTC.
func Date(text string) (bellhop.Time, bool) {
	t, err := bellhop.ParseTime(text)
	return t, err == nil && minDate <= t && t <= maxDate
}
