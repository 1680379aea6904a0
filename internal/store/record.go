package store

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"bellhop"
)

// appendAttempt appends what json.Marshal makes of an attempt. One is written for each
// delivery, and reflection took as long as the insert.
func appendAttempt(dst []byte, a *bellhop.Attempt) []byte {
	dst = append(dst, `{"Number":`...)
	dst = strconv.AppendInt(dst, int64(a.Number), 10)
	dst = append(dst, `,"At":`...)
	dst = appendTime(dst, a.At)
	dst = append(dst, `,"Timing":{"DNS":`...)
	dst = strconv.AppendInt(dst, int64(a.Timing.DNS), 10)
	dst = append(dst, `,"Connect":`...)
	dst = strconv.AppendInt(dst, int64(a.Timing.Connect), 10)
	dst = append(dst, `,"TLS":`...)
	dst = strconv.AppendInt(dst, int64(a.Timing.TLS), 10)
	dst = append(dst, `,"FirstByte":`...)
	dst = strconv.AppendInt(dst, int64(a.Timing.FirstByte), 10)
	dst = append(dst, `,"Total":`...)
	dst = strconv.AppendInt(dst, int64(a.Timing.Total), 10)
	dst = append(dst, `},"Status":`...)
	dst = strconv.AppendInt(dst, int64(a.Status), 10)
	dst = append(dst, `,"Error":`...)
	dst = appendString(dst, a.Error)
	dst = append(dst, `,"URL":`...)
	dst = appendString(dst, a.URL)
	dst = append(dst, `,"RequestHeaders":`...)
	dst = appendStrings(dst, a.RequestHeaders)
	dst = append(dst, `,"ResponseHeaders":`...)
	dst = appendStrings(dst, a.ResponseHeaders)
	dst = append(dst, `,"ResponseBody":`...)
	if a.ResponseBody == nil {
		dst = append(dst, "null"...)
	} else {
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, a.ResponseBody)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"Truncated":`...)
	dst = strconv.AppendBool(dst, a.Truncated)
	dst = append(dst, `,"NextAttemptAt":`...)
	dst = appendTime(dst, a.NextAttemptAt)
	return append(dst, '}')
}

func appendTime(dst []byte, t bellhop.Time) []byte {
	text, _ := t.MarshalJSON() // a time always can be
	return append(dst, text...)
}

// appendStrings appends an object, its names in order.
func appendStrings(dst []byte, m map[string]string) []byte {
	if m == nil {
		return append(dst, "null"...)
	}
	var few [32]string // so that most need no room of their own
	names := slices.AppendSeq(few[:0], maps.Keys(m))
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, name)
		dst = append(dst, ':')
		dst = appendString(dst, m[name])
	}
	return append(dst, '}')
}

func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // a string always can be
			return append(dst, text...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
