package resource

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// decode reads what a client sent as a resource of kind: fields that he may not set are
// dropped, all others have the declared types (docs/contract/resources.md sections 3
// and 7). A field may be null.
//
// Of the declared fields those not in changeable are dropped, too, unless that is nil.
func decode(kind *bellhop.Kind, body []byte, changeable []string) (map[string]any, error) {
	clean, err := event.Clean(make([]byte, 0, len(body)), body)
	switch {
	case errors.Is(err, event.ErrDepth), errors.Is(err, event.ErrNumber):
		return nil, &bellhop.Error{Code: bellhop.Invalid, Message: "Validation failed: " + err.Error()}
	case err != nil:
		return nil, &bellhop.Error{Code: bellhop.Invalid, Message: "Invalid JSON", Err: err}
	}
	var sent map[string]any
	if err := json.Unmarshal(clean, &sent); err != nil || sent == nil {
		return nil, bellhop.Errorf(bellhop.Invalid, "Validation failed: the body must be an object")
	}
	if sent["error"] != nil {
		return nil, bellhop.InvalidField("error", "is not a name for a field")
	}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		field := kind.Field(name)
		switch {
		case field == nil && !kind.Open, field != nil && (field.ReadOnly || changeable != nil && !slices.Contains(changeable, name)):
			delete(sent, name)
		case field != nil && sent[name] != nil:
			if sent[name], err = check(field, name, sent[name]); err != nil {
				return nil, err
			}
		}
	}
	return sent, nil
}

// check returns value as it is stored if it has the type of the field.
func check(field *bellhop.Field, name string, value any) (any, error) {
	if !field.List {
		return checkOne(field, name, value)
	}
	list, ok := value.([]any)
	if !ok {
		return nil, bellhop.InvalidField(name, "must be an array")
	}
	for i, element := range list {
		checked, err := checkOne(field, name, element)
		if err != nil {
			return nil, err
		}
		list[i] = checked
	}
	return list, makeNames(field, name, list)
}

func checkOne(field *bellhop.Field, name string, value any) (any, error) {
	switch field.Type {
	case bellhop.Number:
		if _, ok := value.(float64); !ok {
			return nil, bellhop.InvalidField(name, "must be a number")
		}
	case bellhop.Bool:
		if _, ok := value.(bool); !ok {
			return nil, bellhop.InvalidField(name, "must be true or false")
		}
	case bellhop.Object:
		return checkObject(field, name, value)
	case bellhop.Any:
	default:
		return checkText(field, name, value)
	}
	return value, nil
}

func checkObject(field *bellhop.Field, name string, value any) (any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, bellhop.InvalidField(name, "must be an object")
	}
	if err := completeObject(field, name, object); err != nil {
		return nil, err
	}
	for i := range field.Fields {
		f := &field.Fields[i]
		if object[f.Name] == nil {
			continue
		}
		checked, err := check(f, name+"."+f.Name, object[f.Name])
		if err != nil {
			return nil, err
		}
		object[f.Name] = checked
	}
	return object, nil
}

func checkText(field *bellhop.Field, name string, value any) (any, error) {
	text, ok := value.(string)
	if !ok {
		return nil, bellhop.InvalidField(name, "must be a string")
	}
	switch field.Type {
	case bellhop.Ref:
		if !bellhop.ID(text).Valid() {
			return nil, bellhop.InvalidField(name, "must be an id of 24 hex digits")
		}
	case bellhop.Date:
		at, err := bellhop.ParseTime(text)
		if err != nil {
			return nil, bellhop.InvalidField(name, "must be a date")
		}
		return at.String(), nil
	}
	if field.Enum != nil && !slices.Contains(field.Enum, text) {
		return nil, bellhop.InvalidField(name, "must be one of %s", strings.Join(field.Enum, ", "))
	}
	return text, nil
}

// checkNew returns an error if a required field is missing.
func checkNew(kind *bellhop.Kind, fields map[string]any) error {
	for _, f := range kind.Fields {
		if f.Required && (fields[f.Name] == nil || fields[f.Name] == "") {
			return bellhop.InvalidField(f.Name, "is required")
		}
	}
	return nil
}

// merge lays what was sent over what is stored: null removes a field.
func merge(stored, sent map[string]any) map[string]any {
	merged := maps.Clone(stored)
	for name, value := range sent {
		if value == nil {
			delete(merged, name)
		} else {
			merged[name] = value
		}
	}
	return merged
}

// setDefaults gives absent fields their defaults.
func setDefaults(declared []bellhop.Field, fields map[string]any) error {
	for _, f := range declared {
		if fields[f.Name] != nil || f.Default == "" {
			continue
		}
		var value any
		if err := json.Unmarshal([]byte(f.Default), &value); err != nil {
			return err
		}
		fields[f.Name] = value
	}
	return nil
}

// render writes fields as canonical JSON, in the order of the registry, with undeclared
// ones at the end.
func render(kind *bellhop.Kind, fields map[string]any) (json.RawMessage, error) {
	out := []byte{'{'}
	add := func(name string) (err error) {
		value, ok := fields[name]
		if !ok {
			return nil
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(event.AppendString(out, name), ':')
		out, err = event.AppendValue(out, value)
		return err
	}
	for _, f := range kind.Fields {
		if err := add(f.Name); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if kind.Field(name) == nil {
			if err := add(name); err != nil {
				return nil, err
			}
		}
	}
	// A free name may be an array index, which comes first.
	return event.Canonical(nil, append(out, '}'))
}
