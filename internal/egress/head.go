package egress

import (
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

const maxHeaders = 512 // lines; a line of few bytes costs a hundred once it is in a map

// head is what stands before the body of an answer.
type head struct {
	status  int
	header  http.Header
	length  int64 // of the body; -1 if it has chunks or ends with the connection
	chunked bool
	close   bool // the connection ends with this answer
}

// startsLikeHTTP reports whether b can be the beginning of an answer, so that what is none is known
// before a line of it has ended.
func startsLikeHTTP(b []byte) bool {
	const start = "HTTP/1."
	n := min(len(b), len(start))
	return string(b[:n]) == start[:n]
}

// parseHead reads the lines of a head, without the empty one. It is stricter than net/http: blanks
// around names, control characters, folded lines and what is not plainly a number are refused, because
// each of them is read in two ways somewhere. Lines may end in LF alone.
func parseHead(text string) (head, error) {
	line, rest := cutLine(text)
	h := head{length: -1}
	version, ok := h.statusLine(line)
	if !ok {
		return head{}, errMalformed
	}
	if err := h.fields(rest); err != nil {
		return head{}, err
	}
	h.close = version == '0' || hasToken(h.header["Connection"], "close")
	if err := h.framing(version); err != nil {
		return head{}, err
	}
	return h, nil
}

func cutLine(text string) (line, rest string) {
	line, rest, _ = strings.Cut(text, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// statusLine reads HTTP/1.1 200 OK, with any reason or none.
func (h *head) statusLine(line string) (version byte, ok bool) {
	const start = "HTTP/1.1 200"
	if len(line) < len(start) || !startsLikeHTTP([]byte(line[:7])) || !isDigit(line[7]) || line[8] != ' ' {
		return 0, false
	}
	for _, b := range []byte(line[9:12]) {
		if !isDigit(b) {
			return 0, false
		}
		h.status = 10*h.status + int(b-'0')
	}
	reason := line[12:]
	return line[7], h.status >= 100 && (reason == "" || reason[0] == ' ') && !hasControl(reason)
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func (h *head) fields(lines string) error {
	n := strings.Count(lines, "\n")
	if n > maxHeaders {
		return errHeadTooLarge
	}
	h.header = make(http.Header, n)
	values := make([]string, n) // the first ones of all names, in one piece
	for lines != "" {
		var line string
		line, lines = cutLine(lines)
		name, value, ok := cutField(line)
		if !ok {
			return errMalformed
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		if earlier := h.header[name]; earlier != nil {
			h.header[name] = append(earlier, value)
			continue
		}
		values[0] = value
		h.header[name], values = values[:1:1], values[1:]
	}
	return nil
}

func cutField(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	value = strings.Trim(value, " \t")
	return name, value, ok && IsToken(name) && !hasControl(value)
}

// framing says where the body ends (RFC 9112 section 6.3). An answer with both a length and chunks has
// chunks, but somebody on the way may have thought otherwise: nothing follows it on its connection.
func (h *head) framing(version byte) error {
	lengths, codings := h.header["Content-Length"], h.header["Transfer-Encoding"]
	for i, text := range lengths {
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil || i > 0 && int64(n) != h.length {
			return errMalformed
		}
		h.length = int64(n)
	}
	switch {
	case len(codings) == 0:
		return nil
	case version == '0': // knows of no chunks: all of it, to the end
		h.length = -1
	case len(codings) > 1 || !strings.EqualFold(codings[0], "chunked"):
		return errMalformed
	default:
		h.close = h.close || len(lengths) > 0
		h.length, h.chunked = -1, true
	}
	return nil
}

func hasToken(lists []string, token string) bool {
	for _, list := range lists {
		for item := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.Trim(item, " \t"), token) {
				return true
			}
		}
	}
	return false
}

// isInterim reports whether the real answer is yet to come.
func (h *head) isInterim() bool { return h.status < 200 && h.status != http.StatusSwitchingProtocols }

// hasBody reports whether a body follows the head of an answer to a request of that method.
func (h *head) hasBody(method string) bool {
	return method != http.MethodHead && h.status >= 200 && h.status != http.StatusNoContent &&
		h.status != http.StatusNotModified && h.length != 0
}
