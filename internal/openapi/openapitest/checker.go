package openapitest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"bellhop/internal/openapi"
)

// Checker knows a document. It is safe for concurrent use.
type Checker struct {
	doc        *openapi.Document
	mux        *http.ServeMux // the paths of the document
	operations map[string]*operation
	delivery   *operation
	failure    *jsonschema.Schema
	attempt    *jsonschema.Schema
}

// operation is one of the document with its schemas compiled.
type operation struct {
	*openapi.Operation
	params  []parameter
	body    *jsonschema.Schema // nil if there is none
	answers map[string]*answer // by status
}

type parameter struct {
	*openapi.Parameter
	typ    any // of its schema
	schema *jsonschema.Schema
}

type answer struct {
	mediaType string // "" without a body
	body      *jsonschema.Schema
	headers   map[string]*header
}

type header struct {
	required bool
	whole    bool
	schema   *jsonschema.Schema
}

// Exchange is a request and its answer.
type Exchange struct {
	Method, Path, Query string // the path as it was sent, escaped
	Header              http.Header
	Body                []byte

	Status       int
	AnswerHeader http.Header
	AnswerBody   []byte
}

func (x *Exchange) String() string {
	return fmt.Sprintf("%s %s?%s = %d", x.Method, x.Path, x.Query, x.Status)
}

// Check returns what is not as the document says, nil if nothing is.
func (c *Checker) Check(x *Exchange) error {
	if !isOurs(x.Path) {
		return nil
	}
	var wrong []error
	if op := c.find(x); op == nil {
		wrong = c.checkUnknown(x)
	} else {
		wrong = op.check(c, x)
	}
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("%s is not what the OpenAPI document says: %w", x, err)
	}
	return nil
}

// isOurs reports whether the document is about a path; all others are pages.
func isOurs(path string) bool {
	switch path {
	case "/v2", "/healthz", "/readyz", "/metrics":
		return true
	}
	return strings.HasPrefix(path, "/v2/")
}

// find returns the operation that a request is for, or nil.
func (c *Checker) find(x *Exchange) *operation {
	clean := path.Clean(x.Path)
	if clean != x.Path && clean+"/" != x.Path {
		return nil // such paths lead nowhere
	}
	r, err := http.NewRequest(x.Method, "http://server"+clean, nil)
	if err != nil {
		return nil
	}
	_, pattern := c.mux.Handler(r)
	return c.operations[pattern]
}

// checkUnknown looks at an answer for what is not in the document: no such path, or another
// method.
func (c *Checker) checkUnknown(x *Exchange) (wrong []error) {
	switch x.Status {
	case http.StatusNotFound:
	case http.StatusTooManyRequests:
		if x.AnswerHeader.Get("Retry-After") == "" {
			wrong = append(wrong, errors.New("429 without Retry-After"))
		}
	case http.StatusMethodNotAllowed:
		if x.AnswerHeader.Get("Allow") == "" {
			wrong = append(wrong, errors.New("405 without Allow"))
		}
	default:
		return []error{errors.New("there is no such operation")}
	}
	if x.Method == http.MethodHead {
		return wrong
	}
	return append(wrong, validate("answer", c.failure, x.AnswerBody))
}

func (o *operation) check(c *Checker, x *Exchange) []error {
	a := o.answers[fmt.Sprint(x.Status)]
	if a == nil {
		return []error{fmt.Errorf("the status is not documented, the answer is %.300s", x.AnswerBody)}
	}
	wrong := a.checkHeaders(x.AnswerHeader)
	if x.Method != http.MethodHead {
		wrong = append(wrong, a.checkBody(c, x))
	}
	if x.Status < 300 {
		wrong = append(wrong, o.checkParameters(x)...)
		wrong = append(wrong, o.checkBody(x))
	}
	return wrong
}

// checkBody looks at the body of a request that has succeeded.
func (o *operation) checkBody(x *Exchange) error {
	switch {
	case o.body == nil:
		return nil
	case len(bytes.TrimSpace(x.Body)) > 0:
		return validate("request", o.body, x.Body)
	case o.Body.Required:
		return errors.New("the request has no body, and succeeds")
	}
	return nil
}

// validate holds a JSON text to a schema.
func validate(what string, schema *jsonschema.Schema, text []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("the %s is no JSON: %w: %.300q", what, err, text)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("the %s: %w in %.2000s", what, err, text)
	}
	return nil
}
