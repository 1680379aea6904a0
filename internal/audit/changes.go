package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"bellhop"
	"bellhop/internal/event"
)

// maxDepth is how deep objects are compared member by member; what lies deeper is compared whole.
const maxDepth = 3

// quiet are the fields that the server sets, or that a record has itself.
var quiet = []string{"id", "organization", "orgPath", "path", "level", "createdBy", "createdAt", "updatedAt"}

// Changes returns the fields in which two states of a resource differ, in the order of their names.
// old is nil before it was made, and new when it is gone. secrets are the names of sealed fields
// that differ, too.
func Changes(old, new *bellhop.Document, secrets ...string) ([]bellhop.AuditChange, error) {
	before, err := fieldsOf(old)
	if err != nil {
		return nil, err
	}
	after, err := fieldsOf(new)
	if err != nil {
		return nil, err
	}
	for _, name := range quiet {
		delete(before, name)
		delete(after, name)
	}
	c := changes{}
	for _, name := range secrets {
		c.list = append(c.list, bellhop.AuditChange{Field: name, Secret: true})
	}
	if err := c.compare("", before, after, maxDepth); err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.list, func(x, y bellhop.AuditChange) int { return bytes.Compare([]byte(x.Field), []byte(y.Field)) })
	return c.list, nil
}

// fieldsOf returns the fields of a resource that say something: all but the empty ones.
func fieldsOf(doc *bellhop.Document) (map[string]any, error) {
	fields := map[string]any{}
	if doc == nil {
		return fields, nil
	}
	err := doc.Decode(&fields)
	return fields, err
}

type changes struct{ list []bellhop.AuditChange }

func (c *changes) compare(path string, old, new map[string]any, depth int) error {
	names := map[string]bool{}
	for _, object := range []map[string]any{old, new} {
		for name := range object {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if err := c.compareOne(path+name, name, old[name], new[name], depth); err != nil {
			return err
		}
	}
	return nil
}

func (c *changes) compareOne(path, name string, old, new any, depth int) error {
	before, err := event.AppendValue(nil, old)
	if err != nil {
		return fmt.Errorf("compare %s: %w", path, err)
	}
	after, err := event.AppendValue(nil, new)
	if err != nil {
		return fmt.Errorf("compare %s: %w", path, err)
	}
	if bytes.Equal(before, after) || isEmpty(before) && isEmpty(after) {
		return nil
	}
	if secretName.MatchString(name) {
		c.list = append(c.list, bellhop.AuditChange{Field: path, Secret: true})
		return nil
	}
	x, wasObject := asObject(old)
	y, isObject := asObject(new)
	if depth > 1 && wasObject && isObject {
		return c.compare(path+".", x, y, depth-1)
	}
	change := bellhop.AuditChange{Field: path}
	if !isEmpty(before) {
		if change.Old, err = shown(old); err != nil {
			return err
		}
	}
	if !isEmpty(after) {
		if change.New, err = shown(new); err != nil {
			return err
		}
	}
	c.list = append(c.list, change)
	return nil
}

// isEmpty reports whether a value says no more than that there is none.
func isEmpty(value json.RawMessage) bool {
	switch string(value) {
	case "null", `""`, "[]", "{}":
		return true
	}
	return false
}

// asObject returns an object, which is empty where nothing is.
func asObject(value any) (map[string]any, bool) {
	if value == nil {
		return nil, true
	}
	object, ok := value.(map[string]any)
	return object, ok
}

// Set is a field of what somebody asks for.
func Set(field, value string) bellhop.AuditChange {
	return bellhop.AuditChange{Field: field, New: event.AppendString(nil, cut(maskURLs(value)))}
}

// Turned is a field that somebody turns from one state to another.
func Turned(field, old, new string) bellhop.AuditChange {
	change := Set(field, new)
	change.Old = Set(field, old).New
	return change
}
