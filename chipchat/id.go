package chipchat

import "encoding/json"

// ID names a resource. It decodes from an id as well as from the populated resource, whose fields are then to be
// found in the Raw of the struct around it.
type ID string

// UnmarshalJSON takes a string, an object with an id, or null; anything else becomes the empty ID.
func (id *ID) UnmarshalJSON(b []byte) error {
	*id = ""
	if isObject(b) {
		var populated struct {
			ID string `json:"id"`
		}
		if err := decode(b, &populated); err != nil {
			return err
		}
		*id = ID(populated.ID)
		return nil
	}
	var s string
	if json.Unmarshal(b, &s) == nil {
		*id = ID(s)
	}
	return nil
}
