package subscription

import (
	"context"
	"slices"
	"strings"
	"sync"

	"bellhop"
	"bellhop/internal/store"

	"github.com/tidwall/btree"
)

// tableKinds are the kinds whose changes make a table old.
var tableKinds = []*bellhop.Kind{bellhop.Services, bellhop.Bots, bellhop.BotInstances}

// table is what listens at one moment. It does not change: copies of it do, which share
// with it what is the same.
type table struct {
	mark int64 // of what it was made of, see store.Tx.Changed

	webhooks btree.Map[bellhop.ID, *Webhook] // by service
	index    index                           // of those that are active, see placeOf
	ofBots   btree.Map[string, *Webhook]     // by bot and service

	bots      btree.Map[bellhop.ID, bool]      // whether they are active and enabled
	instances btree.Map[bellhop.ID, *instance] // by id
	has       btree.Map[string, *instance]     // by bot, organization and id
	enabled   btree.Map[string, bellhop.ID]    // bots, by organization, bot and id of the instance

	mu       sync.Mutex // also held to make a copy
	answered map[question][]*Webhook
	answers  int // webhooks in them, and questions
}

type question struct{ event, orgPath string }

// maxAnswered bounds what a table remembers of what it was asked: published names are free.
const maxAnswered = 100_000

// copy returns a table that may be changed until others see it.
func (t *table) copy() *table {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &table{
		webhooks: *t.webhooks.Copy(), index: index{*t.index.entries.Copy()}, ofBots: *t.ofBots.Copy(),
		bots: *t.bots.Copy(), instances: *t.instances.Copy(), has: *t.has.Copy(), enabled: *t.enabled.Copy(),
	}
}

// readTable reads the services, bots and instances that tx sees.
func readTable(ctx context.Context, tx *store.Tx) (*table, error) {
	t := new(table)
	for _, kind := range tableKinds {
		docs, err := tx.All(ctx, kind)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			if err := t.set(kind, doc.ID, doc); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// readAgain returns t with the documents of tableKinds that have these ids as tx sees them.
func (t *table) readAgain(ctx context.Context, tx *store.Tx, ids [][]bellhop.ID) (*table, error) {
	t = t.copy()
	for i, kind := range tableKinds {
		for _, id := range ids[i] {
			doc, err := tx.Document(ctx, kind, id)
			if bellhop.HasCode(err, bellhop.NotFound) {
				doc, err = nil, nil
			}
			if err == nil {
				err = t.set(kind, id, doc)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// set enters a document, or removes what has its id if it is nil.
func (t *table) set(kind *bellhop.Kind, id bellhop.ID, doc *bellhop.Document) error {
	switch kind {
	case bellhop.Bots:
		return t.setBot(id, doc)
	case bellhop.BotInstances:
		return t.setInstance(id, doc)
	}
	return t.setService(id, doc)
}

func (t *table) setService(id bellhop.ID, doc *bellhop.Document) error {
	if old, ok := t.webhooks.Delete(id); ok {
		t.ofBots.Delete(botKey(old.Bot, id))
		t.index.remove(t.placeOf(old), old)
	}
	if doc == nil {
		return nil
	}
	var service bellhop.Service
	if err := doc.Decode(&service); err != nil {
		return err
	}
	if service.Type != bellhop.WebhookType {
		return nil
	}
	w, err := webhookOf(doc, &service)
	if err != nil {
		return err
	}
	t.webhooks.Set(id, w)
	if w.Bot != "" {
		t.ofBots.Set(botKey(w.Bot, id), w)
	}
	t.list(w)
	return nil
}

// list enters a webhook in the index if it listens at all.
func (t *table) list(w *Webhook) {
	if w.Status == bellhop.ServiceActive {
		t.index.add(t.placeOf(w), w)
	}
}

// placeOf returns the place under which w is in the index: the path of an organization, of
// which and all below it then hears, or that of a bot, for where that has instances.
func (t *table) placeOf(w *Webhook) string {
	if w.Bot == "" || t.isEverywhere(w.Bot) {
		return w.OrgPath
	}
	return botPlace(w.Bot)
}

func botPlace(bot bellhop.ID) string { return "@" + string(bot) }

// botKey begins the keys of what a bot has.
func botKey(bot, id bellhop.ID) string { return string(bot) + "/" + string(id) }

// isEverywhere reports whether webhooks of a bot hear of all that is below them: it works
// and has no instance.
func (t *table) isEverywhere(bot bellhop.ID) bool {
	running, _ := t.bots.Get(bot)
	return running && !has(&t.has, botKey(bot, ""))
}

// changeBot runs change, which may change where the webhooks of a bot listen.
func (t *table) changeBot(bot bellhop.ID, change func()) {
	was := t.isEverywhere(bot)
	change()
	if t.isEverywhere(bot) == was {
		return
	}
	for _, w := range under(&t.ofBots, botKey(bot, "")) {
		t.index.remove(w.OrgPath, w)
		t.index.remove(botPlace(bot), w)
		t.list(w)
	}
}

func (t *table) setBot(id bellhop.ID, doc *bellhop.Document) error {
	running := false
	if doc != nil {
		var bot struct {
			Status  string
			Enabled bool
		}
		if err := doc.Decode(&bot); err != nil {
			return err
		}
		running = bot.Status == "active" && bot.Enabled
	}
	t.changeBot(id, func() {
		if running {
			t.bots.Set(id, true)
		} else {
			t.bots.Delete(id)
		}
	})
	return nil
}

// match returns the webhooks that hear of an event, in the order of their ids.
func (t *table) match(name string, organization bellhop.ID, orgPath string) []*Webhook {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := question{name, orgPath}
	found, ok := t.answered[q]
	if ok {
		return found
	}
	found = t.find(name, organization, orgPath)
	if t.answers += 1 + len(found); t.answered == nil || t.answers > maxAnswered {
		t.answered, t.answers = map[question][]*Webhook{}, 1+len(found)
	}
	t.answered[q] = found
	return found
}

func (t *table) find(name string, organization bellhop.ID, orgPath string) []*Webhook {
	var found []*Webhook
	for path := orgPath; ; {
		found = t.index.match(found, path, name)
		i := strings.LastIndexByte(path, '#')
		if i < 0 {
			break
		}
		path = path[:i]
	}
	for _, bot := range under(&t.enabled, string(organization)+"/") {
		found = t.index.match(found, botPlace(bot), name)
	}
	slices.SortFunc(found, func(a, b *Webhook) int { return strings.Compare(string(a.Service), string(b.Service)) })
	return slices.Compact(found) // of two of its patterns, or two instances, there is one delivery
}

// webhook returns the webhook of a service, nil if there is none.
func (t *table) webhook(service bellhop.ID) *Webhook {
	w, _ := t.webhooks.Get(service)
	return w
}
