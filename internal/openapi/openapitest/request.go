package openapitest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop/internal/openapi"
)

// lenient are parameters for which the server takes whatever is sent: what is no number counts
// as absent (docs/contract/resources.md section 4).
var lenient = []string{"limit", "offset"}

// checkParameters looks at the parameters of a request that has succeeded.
func (o *operation) checkParameters(x *Exchange) (wrong []error) {
	query, err := url.ParseQuery(strings.TrimLeft(x.Query, "?"))
	if err != nil {
		return nil // what cannot be parsed is read as far as it goes
	}
	named := maps.Clone(query)
	for _, p := range o.params {
		delete(named, p.Name)
	}
	for _, p := range o.params {
		var value any
		switch {
		case slices.Contains(lenient, p.Name):
			continue
		case p.In == "query" && p.Style == "form": // all that has no name of its own
			value = filters(named)
		case p.In == "query":
			value = p.values(query[p.Name])
		case p.In == "header":
			value = p.values(x.Header.Values(p.Name))
		default:
			continue // a path that leads somewhere is as it should be
		}
		if value == nil {
			if p.Required {
				wrong = append(wrong, fmt.Errorf("the parameter %s is required, and the request succeeds without", p.Name))
			}
			continue
		}
		if err := p.schema.Validate(value); err != nil {
			wrong = append(wrong, fmt.Errorf("the parameter %s: %w", p.Name, err))
		}
	}
	return wrong
}

// values is what was sent for a parameter, nil for nothing.
func (p *parameter) values(sent []string) any {
	if len(sent) == 0 {
		return nil
	}
	if p.typ == "array" {
		return list(sent)
	}
	if n, err := strconv.Atoi(sent[0]); err == nil && p.typ == "integer" {
		return n
	}
	return sent[0]
}

// filters is a query as the object that it means.
func filters(query url.Values) any {
	o := map[string]any{}
	for name, values := range query {
		o[name] = list(values)
		if len(values) == 1 {
			o[name] = values[0]
		}
	}
	return o
}

func list(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

// Delivery returns what of a delivery POST, or of a verification GET, is not as the document
// says, nil if nothing is.
func (c *Checker) Delivery(r *http.Request, body []byte) error {
	x := &Exchange{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header, Body: body}
	for _, err := range append(c.delivery.checkParameters(x), c.delivery.checkBody(x)) {
		if err != nil {
			return fmt.Errorf("a delivery is not what the OpenAPI document says: %w", err)
		}
	}
	return nil
}

// Document is what exchanges are held to.
func (c *Checker) Document() *openapi.Document { return c.doc }
