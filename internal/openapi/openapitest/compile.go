package openapitest

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"bellhop/internal/openapi"
)

// New returns a Checker for the document of the server.
func New() (*Checker, error) {
	doc := openapi.New()
	text, err := doc.JSON()
	if err != nil {
		return nil, err
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(documentURL, whole); err != nil {
		return nil, err
	}
	b := &builder{compiler: compiler, doc: doc}
	c := &Checker{doc: doc, mux: http.NewServeMux(), operations: map[string]*operation{}}
	for _, p := range doc.Paths {
		for _, m := range p.Value {
			pattern := strings.ToUpper(m.Name) + " " + p.Name
			c.mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
			c.operations[pattern] = b.operation("/paths/"+escape(p.Name)+"/"+m.Name, m.Value)
		}
	}
	c.delivery = b.operation("/webhooks/delivery/post", doc.Webhooks.Get("delivery").Get("post"))
	c.failure = b.schema("/components/schemas/Error")
	c.attempt = b.schema("/components/schemas/StreamedAttempt")
	for _, s := range doc.Components.Schemas {
		b.schema("/components/schemas/" + escape(s.Name))
	}
	return c, b.err
}

// Patterns are the operations of the document, as a mux has them: "GET /v2/users".
func (c *Checker) Patterns() []string {
	var patterns []string
	for pattern := range c.operations {
		patterns = append(patterns, pattern)
	}
	return patterns
}

const documentURL = "http://server/openapi.json"

// builder compiles what is at a JSON pointer of the document, and keeps the first error.
type builder struct {
	compiler *jsonschema.Compiler
	doc      *openapi.Document
	err      error
}

func (b *builder) schema(pointer string) *jsonschema.Schema {
	s, err := b.compiler.Compile(documentURL + "#" + pointer)
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("compile %s: %w", pointer, err)
	}
	return s
}

func (b *builder) operation(at string, o *openapi.Operation) *operation {
	op := &operation{Operation: o, answers: map[string]*answer{}}
	for i, p := range o.Parameters {
		pointer := fmt.Sprintf("%s/parameters/%d", at, i)
		if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
			pointer, p = "/components/parameters/"+name, b.doc.Components.Parameters.Get(name)
		}
		op.params = append(op.params, parameter{p, b.typeOf(p.Schema), b.schema(pointer + "/schema")})
	}
	if o.Body != nil {
		op.body = b.schema(at + "/requestBody/content/" + escape(o.Body.Content[0].Name) + "/schema")
	}
	for _, r := range o.Responses {
		op.answers[r.Name] = b.answer(at+"/responses/"+r.Name, r.Value)
	}
	return op
}

// typeOf is the type of a schema, also of one that is referred to.
func (b *builder) typeOf(s *openapi.Schema) any {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = b.doc.Components.Schemas.Get(name)
	}
	return s.Type
}

func (b *builder) answer(at string, r *openapi.Response) *answer {
	if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
		at, r = "/components/responses/"+name, b.doc.Components.Responses.Get(name)
	}
	a := &answer{headers: map[string]*header{}}
	for _, h := range r.Headers {
		pointer, found := at+"/headers/"+h.Name, h.Value
		if name, ok := strings.CutPrefix(found.Ref, "#/components/headers/"); ok {
			pointer, found = "/components/headers/"+name, b.doc.Components.Headers.Get(name)
		}
		a.headers[http.CanonicalHeaderKey(h.Name)] = &header{found.Required, found.Schema.Type == "integer", b.schema(pointer + "/schema")}
	}
	if len(r.Content) > 0 {
		a.mediaType = r.Content[0].Name
		a.body = b.schema(at + "/content/" + escape(a.mediaType) + "/schema")
	}
	return a
}

// escape writes a name as a segment of a JSON pointer in a URL.
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(name)
}
