package conversation_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// shop is an organization on level 3, below acme.
const (
	shop     bellhop.ID = "64b0f1a2c3d4e5f60718295a"
	shopPath            = acmePath + "#" + string(shop)
)

var paths = map[string]string{"top": topPath, "acme": acmePath, "other": otherPath, "shop": shopPath}

// inboxes are a house with channels and workflows, known by their names.
type inboxes struct {
	*house
	ids map[string]bellhop.ID // of channels and groups
}

func openInboxes(t *testing.T) *inboxes {
	in := &inboxes{house: open(t), ids: map[string]bellhop.ID{
		"top": top, "acme": acme, "other": other, "shop": shop, "nobody": nobody,
	}}
	in.update(func(tx *store.Tx) error {
		return tx.Insert(t.Context(), bellhop.Organizations, &bellhop.Document{
			ID: shop, Organization: shop, OrgPath: shopPath, CreatedAt: 1, UpdatedAt: 1, Body: []byte(`{"id":"` + string(shop) + `"}`),
		})
	})
	return in
}

// put stores a document of an organization and returns its id.
func (in *inboxes) put(kind *bellhop.Kind, at string, fields map[string]any) bellhop.ID {
	in.Helper()
	path := paths[at]
	doc := &bellhop.Document{Organization: in.ids[at], OrgPath: path, CreatedAt: 1, UpdatedAt: 1}
	in.update(func(tx *store.Tx) error {
		doc.ID = tx.NewID(1)
		fields["id"], fields["organization"], fields["orgPath"] = doc.ID, doc.Organization, path
		var err error
		if doc.Body, err = json.Marshal(fields); err != nil {
			return err
		}
		return tx.Insert(in.Context(), kind, doc)
	})
	return doc.ID
}

// channel makes one to which users are subscribed.
func (in *inboxes) channel(at, name string, users ...bellhop.ID) {
	in.Helper()
	status := "active"
	if strings.HasPrefix(name, "Off") {
		status = "inactive"
	}
	in.ids[name] = in.put(bellhop.Channels, at, map[string]any{"name": name, "status": status, "users": users})
}

// list returns the ids of names that blanks stand between.
func (in *inboxes) list(names string) []bellhop.ID {
	ids := []bellhop.ID{}
	for name := range strings.FieldsSeq(names) {
		id, ok := in.ids[name]
		if !ok {
			in.Fatalf("%s is not known", name)
		}
		ids = append(ids, id)
	}
	return ids
}

// flow is a workflow; its lists are names that blanks stand between.
type flow struct {
	at, channels          string
	organizations, groups string
	status                string
}

func (in *inboxes) workflow(f flow) bellhop.ID {
	in.Helper()
	fields := map[string]any{
		"channels": in.list(f.channels), "organizations": in.list(f.organizations), "orggroups": in.list(f.groups), "status": "active",
	}
	if f.status != "" {
		fields["status"] = f.status
	}
	return in.put(bellhop.Workflows, f.at, fields)
}

// group makes a group of organizations.
func (in *inboxes) group(name, organizations string) {
	in.Helper()
	in.ids[name] = in.put(bellhop.OrgGroups, "top", map[string]any{"organizations": in.list(organizations)})
}

// contactAt makes a contact of an organization and returns the conversation with him.
func (in *inboxes) contactAt(at string) bellhop.ID {
	in.Helper()
	answer, err := in.c.CreateContact(in.Context(), account.System(), []byte(`{"organization":"`+string(in.ids[at])+`","profile":{"name":"Jenny Jones"}}`))
	if err != nil {
		in.Fatal(err)
	}
	in.told = nil
	return decode[bellhop.Contact](in.T, answer).Conversation
}

// name returns what the channel of that id is called.
func (in *inboxes) name(id bellhop.ID) string {
	for name, known := range in.ids {
		if known == id {
			return name
		}
	}
	return string(id)
}

// notified returns the channels that were told of since it was last asked, in this order.
func (in *inboxes) notified() string {
	var names []string
	for _, told := range in.told {
		if told.Event == "channel.notify" {
			names = append(names, in.name(told.ID))
		}
	}
	in.told = nil
	return strings.Join(names, " ")
}

// lies returns the channels in which a conversation lies, by name.
func (in *inboxes) lies(id bellhop.ID) string {
	in.Helper()
	var names []string
	for _, n := range in.stored(in.Context(), id) {
		names = append(names, in.name(n.Channel))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (in *inboxes) wantLies(id bellhop.ID, want, when string) {
	in.Helper()
	if got := in.lies(id); got != want {
		in.Errorf("%s: lies in %q, want %q", when, got, want)
	}
}

// task returns a /notify to channels.
func (in *inboxes) task(channels string) string {
	body, _ := json.Marshal(map[string]any{ // strings always have a form in JSON
		"text": "/notify", "type": "command", "meta": map[string]any{"channels": in.list(channels), "organizations": nil},
	})
	return string(body)
}

// stored returns what the store has of a conversation's notifications.
func (in *inboxes) stored(ctx context.Context, id bellhop.ID) []store.Notification {
	in.Helper()
	var all []store.Notification
	err := in.db.View(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.Notifications(ctx, id)
		return err
	})
	if err != nil {
		in.Fatal(err)
	}
	return all
}

// sorted puts names in order.
func sorted(names string) string {
	list := strings.Fields(names)
	slices.Sort(list)
	return strings.Join(list, " ")
}
