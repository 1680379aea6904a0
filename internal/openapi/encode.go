package openapi

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// JSON returns the document as JSON, without blanks: programs read it.
func (d *Document) JSON() ([]byte, error) {
	text, err := encode(d)
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	return text, nil
}

// YAML returns the document as YAML in blocks, its members in the order of the JSON.
func (d *Document) YAML() ([]byte, error) {
	text, err := d.JSON()
	if err != nil {
		return nil, err
	}
	var node yaml.Node // JSON is YAML, too
	if err := yaml.Load(text, &node); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document as YAML: %w", err)
	}
	inBlocks(&node)
	out, err := yaml.Dump(&node, yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document as YAML: %w", err)
	}
	return out, nil
}

// inBlocks takes off the braces and quotes of JSON. What would be read as something else
// without its quotes gets them back when it is written.
func inBlocks(node *yaml.Node) {
	node.Style = 0
	if node.Kind == yaml.ScalarNode && bytes.ContainsRune([]byte(node.Value), '\n') {
		node.Style = yaml.LiteralStyle
	}
	for _, inner := range node.Content {
		inBlocks(inner)
	}
}
