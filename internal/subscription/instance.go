package subscription

import (
	"encoding/json"

	"bellhop"
	"bellhop/internal/event"
)

// instance is a bot instance as a table has it.
type instance struct {
	shownInstance
	rendered json.RawMessage // for data.message.instance
}

// shownInstance is a bot instance as message payloads carry it (docs/contract/services.md
// section 6).
type shownInstance struct {
	ID           bellhop.ID     `json:"id"`
	Bot          bellhop.ID     `json:"bot"`
	Organization bellhop.ID     `json:"organization"`
	OrgPath      string         `json:"orgPath"`
	Enabled      bool           `json:"enabled"`
	Status       string         `json:"status"`
	Meta         map[string]any `json:"meta"`
}

func instanceOf(doc *bellhop.Document) (shownInstance, error) {
	var i shownInstance
	err := doc.Decode(&i)
	return i, err
}

func (i shownInstance) render() (json.RawMessage, error) {
	text, err := event.AppendValue(nil, i)
	if err != nil {
		return nil, err
	}
	return event.FitInstance(text)
}

// setInstance enters an instance, or removes the one of that id if doc is nil.
func (t *table) setInstance(id bellhop.ID, doc *bellhop.Document) error {
	var next *instance
	if doc != nil {
		shown, err := instanceOf(doc)
		if err != nil {
			return err
		}
		rendered, err := shown.render()
		if err != nil {
			return err
		}
		shown.ID, shown.Organization = doc.ID, doc.Organization
		next = &instance{shown, rendered}
	}
	old, _ := t.instances.Get(id)
	// In one step, so that a bot whose only instance is changed is not seen without.
	switch {
	case old == nil && next == nil:
	case next == nil:
		t.changeBot(old.Bot, func() { t.removeInstance(old) })
	case old == nil || old.Bot == next.Bot:
		t.changeBot(next.Bot, func() { t.replaceInstance(old, next) })
	default:
		t.changeBot(old.Bot, func() {
			t.changeBot(next.Bot, func() { t.replaceInstance(old, next) })
		})
	}
	return nil
}

func (t *table) removeInstance(i *instance) {
	t.instances.Delete(i.ID)
	t.has.Delete(botKey(i.Bot, i.place()))
	t.enabled.Delete(i.enabledKey())
}

func (t *table) replaceInstance(old, next *instance) {
	if old != nil {
		t.removeInstance(old)
	}
	t.instances.Set(next.ID, next)
	t.has.Set(botKey(next.Bot, next.place()), next)
	if next.Enabled {
		t.enabled.Set(next.enabledKey(), next.Bot)
	}
}

// place ends the key of i among the instances of its bot.
func (i *instance) place() bellhop.ID { return i.Organization + "/" + i.ID }

func (i *instance) enabledKey() string {
	return string(i.Organization) + "/" + string(i.Bot) + "/" + string(i.ID)
}

// instanceFor returns data.message.instance of e for w, nil if there is none.
func (t *table) instanceFor(w *Webhook, e *bellhop.Event) json.RawMessage {
	if w == nil || w.Bot == "" || e.InstanceAt == 0 {
		return nil
	}
	var rendered json.RawMessage
	for _, i := range under(&t.has, botKey(w.Bot, e.Organization)+"/") {
		rendered = i.rendered
	}
	return rendered
}
