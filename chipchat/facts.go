package chipchat

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// facts are what conditions look at. They are read once an event.
type facts struct {
	once sync.Once
	own  map[string]any // of the message, or of the whole payload
	meta map[string]any // of the message
}

// read takes what came, and what middleware has changed since.
func (f *facts) read(e *Event) {
	f.once.Do(func() {
		if e.Message != nil {
			_ = json.Unmarshal(e.Message.Raw, &f.own)
			f.overlay(e.Message)
		} else {
			_ = json.Unmarshal(e.Raw, &f.own)
		}
		f.meta, _ = f.own["meta"].(map[string]any)
	})
}

// overlay lays the fields of m over what it was decoded from, where they are not the same any more.
func (f *facts) overlay(m *Message) {
	var came Message
	_ = decode(m.Raw, &came)
	now, before := reflect.ValueOf(*m), reflect.ValueOf(came)
	for i := range now.NumField() {
		name, _, _ := strings.Cut(now.Type().Field(i).Tag.Get("json"), ",")
		if name == "-" || reflect.DeepEqual(now.Field(i).Interface(), before.Field(i).Interface()) {
			continue
		}
		if f.own == nil {
			f.own = map[string]any{}
		}
		delete(f.own, name)
		if now.Field(i).IsZero() {
			continue
		}
		var value any
		if encoded, err := json.Marshal(now.Field(i).Interface()); err == nil && json.Unmarshal(encoded, &value) == nil {
			f.own[name] = value
		}
	}
}
