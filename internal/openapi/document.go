package openapi

import "encoding/json"

// Document is the description of an API. Its types are those of OpenAPI 3.1, as far as they
// are used here.
type Document struct {
	OpenAPI    string                `json:"openapi"`
	Info       Info                  `json:"info"`
	Servers    []Server              `json:"servers"`
	Security   []map[string][]string `json:"security"`
	Tags       []Tag                 `json:"tags"`
	Paths      Members[PathItem]     `json:"paths"`
	Webhooks   Members[PathItem]     `json:"webhooks"`
	Components Components            `json:"components"`
}

// Info says what the API is.
type Info struct {
	Title       string `json:"title"`
	Summary     string `json:"summary"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

// Server is where the API is.
type Server struct {
	URL         string `json:"url"`
	Description string `json:"description"`
}

// Tag groups operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// PathItem are the operations of a path, by their method in lower case.
type PathItem = Members[*Operation]

// Operation is a method of a path.
type Operation struct {
	Tags        []string               `json:"tags"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description,omitempty"`
	ID          string                 `json:"operationId"`
	Scope       string                 `json:"x-scope,omitempty"` // the lowest that may
	Parameters  []*Parameter           `json:"parameters,omitempty"`
	Body        *Body                  `json:"requestBody,omitempty"`
	Responses   Members[*Response]     `json:"responses"`
	Security    *[]map[string][]string `json:"security,omitempty"` // empty: nobody need be known
}

// Parameter is one of a path, a query, or a header; or the reference to one.
type Parameter struct {
	Ref         string  `json:"$ref,omitempty"`
	Name        string  `json:"name,omitempty"`
	In          string  `json:"in,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Style       string  `json:"style,omitempty"`
	Explode     *bool   `json:"explode,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
}

// Body is that of a request.
type Body struct {
	Description string         `json:"description,omitempty"`
	Required    bool           `json:"required,omitempty"`
	Content     Members[Media] `json:"content"`
}

// Media is a content in one type.
type Media struct {
	Schema   *Schema           `json:"schema"`
	Examples Members[*Example] `json:"examples,omitempty"`
}

// Example is one, with its reason.
type Example struct {
	Summary string          `json:"summary,omitempty"`
	Value   json.RawMessage `json:"value"`
}

// Response is an answer, or the reference to one.
type Response struct {
	Ref         string           `json:"$ref,omitempty"`
	Description string           `json:"description,omitempty"`
	Headers     Members[*Header] `json:"headers,omitempty"`
	Content     Members[Media]   `json:"content,omitempty"`
}

// Header is one of an answer, or the reference to one.
type Header struct {
	Ref         string  `json:"$ref,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
}

// Components are what is referred to.
type Components struct {
	Schemas         Members[*Schema]    `json:"schemas"`
	Responses       Members[*Response]  `json:"responses"`
	Parameters      Members[*Parameter] `json:"parameters"`
	Headers         Members[*Header]    `json:"headers"`
	SecuritySchemes Members[Security]   `json:"securitySchemes"`
}

// Security is how a caller says who he is.
type Security struct {
	Type         string `json:"type"`
	Scheme       string `json:"scheme"`
	BearerFormat string `json:"bearerFormat"`
	Description  string `json:"description"`
}
