package openapitest

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// checkHeaders looks at the headers that tell a client something: those that are described are
// there, and those that are there are described.
func (a *answer) checkHeaders(got http.Header) (wrong []error) {
	for name, h := range a.headers {
		value := got.Get(name)
		switch {
		case value == "" && h.required:
			wrong = append(wrong, fmt.Errorf("the header %s is missing", name))
		case value == "":
		case h.schema.Validate(h.value(value)) != nil:
			wrong = append(wrong, fmt.Errorf("the header %s is %q", name, value))
		}
	}
	for name := range got {
		telling := strings.HasPrefix(name, "X-") && !slices.Contains(quiet, name) || slices.Contains(loud, name)
		if telling && a.headers[name] == nil {
			wrong = append(wrong, fmt.Errorf("the header %s is not documented", name))
		}
	}
	return wrong
}

var (
	quiet = []string{"X-Content-Type-Options", "X-Accel-Buffering"}
	loud  = []string{"Allow", "Etag", "Link", "Location", "Retry-After", "Www-Authenticate"}
)

func (h *header) value(text string) any {
	if !h.whole {
		return text
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return text
	}
	return n
}

func (a *answer) checkBody(c *Checker, x *Exchange) error {
	if a.mediaType == "" {
		if len(x.AnswerBody) > 0 {
			return fmt.Errorf("there is a body, and none is documented: %.300s", x.AnswerBody)
		}
		return nil
	}
	got, _, err := mime.ParseMediaType(x.AnswerHeader.Get("Content-Type"))
	if err != nil || got != a.mediaType {
		return fmt.Errorf("the content type is %q, want %s", x.AnswerHeader.Get("Content-Type"), a.mediaType)
	}
	switch a.mediaType {
	case "application/json":
		return validate("answer", a.body, x.AnswerBody)
	case "text/event-stream":
		return c.checkStream(x.AnswerBody)
	}
	return nil
}

// checkStream looks at server-sent events. The last one may be cut.
func (c *Checker) checkStream(text []byte) error {
	events := bytes.Split(text, []byte("\n\n"))
	for _, event := range events[:len(events)-1] {
		fields := map[string][]byte{}
		for line := range bytes.SplitSeq(event, []byte("\n")) {
			name, value, _ := bytes.Cut(line, []byte(": "))
			fields[string(name)] = value
		}
		switch string(fields["event"]) {
		case "":
		case "gap":
			if fields["data"] == nil {
				return errors.New("a gap has no data: clients would not hear of it")
			}
		case "attempt":
			if err := validate("event attempt", c.attempt, fields["data"]); err != nil {
				return err
			}
		default:
			return fmt.Errorf("the event %s is not documented", fields["event"])
		}
	}
	return nil
}
