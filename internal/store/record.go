package store

import (
	"encoding/base64"
	"encoding/json"
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
	dst = appendHeaders(dst, a.RequestHeaders)
	dst = append(dst, `,"ResponseHeaders":`...)
	dst = appendHeaders(dst, a.ResponseHeaders)
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

func appendHeaders(dst []byte, hs bellhop.Headers) []byte {
	if hs == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	for i, h := range hs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, h.Name)
		dst = append(dst, ':')
		dst = appendString(dst, h.Value)
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
