package resource

import (
	"strconv"
	"strings"
	"unicode"

	"bellhop"
)

// completeObject gives the declared fields of an object that is sent their defaults. What
// is null counts as absent: nested objects replace the stored ones whole
// (docs/contract/resources.md section 3).
func completeObject(field *bellhop.Field, name string, object map[string]any) error {
	for _, f := range field.Fields {
		if object[f.Name] == nil {
			delete(object, f.Name)
		}
		if f.Required && (object[f.Name] == nil || object[f.Name] == "") {
			return bellhop.InvalidField(name+"."+f.Name, "is required")
		}
	}
	return setDefaults(field.Fields, object)
}

// makeNames makes what in the objects of a list is made of another field, as the key of
// a form's field is of its name, and keeps it unique in the list.
func makeNames(field *bellhop.Field, name string, list []any) error {
	for _, f := range field.Fields {
		if f.MadeOf == "" {
			continue
		}
		taken := map[string]bool{}
		for _, element := range list {
			object := element.(map[string]any) // checkObject has seen to it
			text, _ := object[f.Name].(string)
			switch {
			case text == "":
				continue
			case strings.ContainsFunc(text, unicode.IsSpace):
				return bellhop.InvalidField(name+"."+f.Name, "must have no white space")
			case taken[text]:
				return bellhop.InvalidField(name+"."+f.Name, "must be unique: %s occurs twice", text)
			}
			taken[text] = true
		}
		next := map[string]int{} // by identifier the number that makes the next one unique
		for _, element := range list {
			object := element.(map[string]any)
			if text, _ := object[f.Name].(string); text != "" {
				continue
			}
			base, _ := object[f.MadeOf].(string)
			base = identifier(base, f.Name)
			text := base
			for taken[text] {
				next[base]++
				text = base + "_" + strconv.Itoa(next[base]+1)
			}
			taken[text] = true
			object[f.Name] = text
		}
	}
	return nil
}

// identifier returns the letters and digits of text in lower case, with one underscore for
// whatever stands between them, or instead if there are none.
func identifier(text, instead string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	if len(words) == 0 {
		return instead
	}
	return strings.Join(words, "_")
}
